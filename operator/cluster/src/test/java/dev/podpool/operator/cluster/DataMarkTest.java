package dev.podpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.crd.QueueCluster;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a queue's pods, and the operator, read in its mark. */
class DataMarkTest {

  private static final Instant NOW = Instant.parse("2026-01-31T01:02:03.4Z");

  private static QueueCluster queue(String uid) {
    QueueCluster queue = new QueueCluster();
    queue.setMetadata(
        new ObjectMetaBuilder().withName("q").withNamespace("search").withUid(uid).build());
    return queue;
  }

  private static ConfigMap madeThen(ConfigMap mark, String since) {
    return new ConfigMapBuilder(mark)
        .editMetadata()
        .withCreationTimestamp("2026-01-01T00:00:00Z")
        .endMetadata()
        .addToData(DataMark.SINCE, since)
        .build();
  }

  @Test
  void itSaysSinceWhenThatQueueHasDataAndNoOtherOfItsName() {
    ConfigMap mark = DataMark.of(queue("one"), NOW);
    assertThat(DataMark.since(queue("one"), Stream.of(mark))).isEqualTo("2026-01-31T01:02:03Z");
    assertThat(DataMark.since(queue("two"), Stream.of(mark))).isNull();
    assertThat(DataMark.since(queue("one"), Stream.of())).isNull();
    mark.getMetadata().setOwnerReferences(List.of()); // as an orphan's are
    assertThat(DataMark.since(queue("two"), Stream.of(mark))).isEqualTo("2026-01-31T01:02:03Z");
  }

  @Test
  void itIsAMarkWhateverSomebodyHasWrittenIntoIt() {
    ConfigMap mark = madeThen(DataMark.of(queue("one"), NOW), "for ever");
    assertThat(DataMark.since(queue("one"), Stream.of(mark))).isEqualTo("2026-01-01T00:00:00Z");
    mark.setData(null);
    assertThat(DataMark.since(queue("one"), Stream.of(mark))).isEqualTo("2026-01-01T00:00:00Z");
  }

  @Test
  void itIsSilentWhereItNoLongerSaysWhenAndIsThatQueues() {
    ConfigMap mark = DataMark.of(queue("one"), NOW);
    assertThat(DataMark.isSilent(queue("one"), Stream.of(mark))).isFalse();
    assertThat(DataMark.isSilent(queue("one"), Stream.of())).isFalse();
    assertThat(DataMark.isSilent(queue("one"), Stream.of(madeThen(mark, "")))).isTrue();
    assertThat(DataMark.isSilent(queue("two"), Stream.of(madeThen(mark, "")))).isFalse();
    mark.getData().remove(DataMark.SINCE);
    assertThat(DataMark.isSilent(queue("one"), Stream.of(mark))).isTrue();
  }
}
