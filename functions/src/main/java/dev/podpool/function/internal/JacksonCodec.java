package dev.podpool.function.internal;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import com.fasterxml.jackson.module.paramnames.ParameterNamesModule;
import dev.podpool.function.DecodeException;
import dev.podpool.function.EncodeException;
import java.io.IOException;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * Records, containers and classes, by Jackson's rules and annotations, without polymorphic typing:
 * a payload never names a class.
 *
 * <p>A property that the type doesn't have is ignored: Jackson writes what every getter gives, and
 * a computed one has no place to be read into. A number that is missing where a primitive stands is
 * refused, since 0 would be a silent wrong answer.
 */
final class JacksonCodec extends JsonCodec<Object> {
  private final ObjectWriter writer;
  private final ObjectReader reader;

  JacksonCodec(Type type) {
    super(type);
    try {
      JavaType javaType = Shared.MAPPER.constructType(type);
      this.writer = Shared.MAPPER.writerFor(javaType);
      this.reader = Shared.MAPPER.readerFor(javaType);
    } catch (IllegalArgumentException e) {
      throw new EncodeException(
          type.getTypeName() + " has no JSON form (" + e.getMessage() + "); use a record", e);
    }
  }

  @Override
  void write(Object value, PayloadWriter out) {
    try {
      writer.writeValue(out.asStream(), value);
    } catch (JsonMappingException e) {
      if (e.getCause() instanceof EncodeException tooLarge) {
        throw tooLarge;
      }
      throw notEncoded(value, e.getPath().isEmpty() ? "" : path(e), e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw notEncoded(value, "", String.valueOf(e.getMessage()), e);
    } catch (StackOverflowError e) {
      throw notEncoded(value, "", "it refers to itself, or is nested too deeply", null);
    }
  }

  private EncodeException notEncoded(
      Object value, String path, String reason, @Nullable Throwable cause) {
    String at = path.isEmpty() ? "" : " at " + path;
    return new EncodeException(
        "a "
            + value.getClass().getName()
            + " cannot be encoded"
            + at
            + ": "
            + reason
            + "; pass a record of what is needed, or mark the property @JsonIgnore",
        cause);
  }

  private static String path(JsonMappingException e) {
    var path = new StringBuilder();
    for (JsonMappingException.Reference step : e.getPath()) {
      if (step.getFieldName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
      }
      if (path.length() > 200) { // a cycle's path is as long as the stack was deep
        return path.append("…").toString();
      }
    }
    return path.toString();
  }

  @Override
  public @Nullable Object decode(byte[] buffer, int offset, int length) {
    try {
      return reader.readValue(buffer, offset, length);
    } catch (JsonMappingException e) {
      if (e.getCause() instanceof DecodeException reference) {
        throw reference; // of a handle, which says more
      }
      String at = e.getPath().isEmpty() ? "" : " at " + path(e);
      throw new DecodeException(
          "a payload of "
              + length
              + " bytes is not a "
              + type.getTypeName()
              + at
              + ": "
              + e.getOriginalMessage()
              + "; run the same build on both sides",
          e);
    } catch (IOException e) {
      throw notDecoded(length, null);
    } catch (StackOverflowError e) {
      throw new DecodeException(
          "a payload of " + length + " bytes is nested too deeply to be a " + type.getTypeName());
    }
  }

  /** Forgets the classes that were met, or they could never be unloaded. Codecs go on working. */
  static void forgetClasses() {
    Shared.MAPPER.clearCaches();
  }

  /** Loaded with the first value that needs it. */
  private static final class Shared {
    static final ObjectMapper MAPPER =
        JsonMapper.builder(
                JsonFactory.builder()
                    // A payload's own limit is the limit; nesting stays bounded, for the stack.
                    .streamReadConstraints(
                        StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .maxNumberLength(Integer.MAX_VALUE)
                            .maxNameLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .addModule(new JavaTimeModule())
            .addModule(new Jdk8Module())
            .addModule(new ParameterNamesModule())
            .addModule(new ReferenceModule())
            .defaultPropertyInclusion(
                JsonInclude.Value.construct(JsonInclude.Include.ALWAYS, JsonInclude.Include.ALWAYS))
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
            .disable(SerializationFeature.FLUSH_AFTER_WRITE_VALUE)
            .disable(SerializationFeature.CLOSE_CLOSEABLE)
            .enable(SerializationFeature.WRITE_DATES_WITH_ZONE_ID)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
  }
}
