package dev.podpool.operator.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a runtime says of a pool: what {@code kubectl get wp} shows on a cluster.
 *
 * @param pool its name
 * @param workers number of workers wanted
 * @param readyWorkers number of workers that can take tasks
 * @param unfinished tasks accepted and not ended; null while never read
 * @param dead tasks in the dead list; null while never read
 * @param failed tasks that failed; null while never read
 * @param status a short phrase, such as {@code Joined}
 * @param progressing whether workers are missing, starting, ending or of an old template
 * @param manifestSha256 digest of the text of the manifest that this answers, in hexadecimal; empty
 *     until the queue knows the pool
 * @param createdAt when the pool was first wanted, by the machine's clock
 * @param observedAt when this was seen, by the machine's clock; refreshed every 10 s
 */
public record PoolReport(
    String pool,
    int workers,
    int readyWorkers,
    @Nullable Long unfinished,
    @Nullable Long dead,
    @Nullable Long failed,
    String status,
    boolean progressing,
    String manifestSha256,
    Instant createdAt,
    Instant observedAt) {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Whether all workers that are wanted are there, and of the manifest's template. */
  public boolean isReady() {
    return !progressing && readyWorkers >= workers;
  }

  /** This with {@code seen} as {@link #observedAt}. */
  PoolReport at(Instant seen) {
    return with(status, seen);
  }

  /** This with {@code problem} as its status. */
  PoolReport with(String problem) {
    return with(problem, observedAt);
  }

  private PoolReport with(String said, Instant seen) {
    return new PoolReport(
        pool,
        workers,
        readyWorkers,
        unfinished,
        dead,
        failed,
        said,
        progressing,
        manifestSha256,
        createdAt,
        seen);
  }

  String toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("pool", pool).put("workers", workers).put("readyWorkers", readyWorkers);
    json.put("unfinished", unfinished).put("dead", dead).put("failed", failed);
    json.put("status", status).put("progressing", progressing);
    json.put("manifestSha256", manifestSha256);
    json.put("createdAt", createdAt.toString()).put("observedAt", observedAt.toString());
    return json.toPrettyString() + "\n";
  }

  /**
   * What {@link #toJson} wrote.
   *
   * @throws IOException if {@code text} is something else
   */
  static PoolReport ofJson(String text) throws IOException {
    try {
      JsonNode json = JSON.readTree(text);
      return new PoolReport(
          json.required("pool").asText(),
          json.required("workers").asInt(),
          json.required("readyWorkers").asInt(),
          count(json, "unfinished"),
          count(json, "dead"),
          count(json, "failed"),
          json.required("status").asText(),
          json.required("progressing").asBoolean(),
          json.required("manifestSha256").asText(),
          Instant.parse(json.required("createdAt").asText()),
          Instant.parse(json.required("observedAt").asText()));
    } catch (JsonProcessingException | IllegalArgumentException | DateTimeException e) {
      throw new IOException("not a pool's status: " + e.getMessage(), e);
    }
  }

  private static @Nullable Long count(JsonNode json, String field) {
    JsonNode value = json.required(field);
    return value.isNull() ? null : value.asLong();
  }
}
