package dev.podpool.function.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.DecodeException;
import dev.podpool.function.EncodeException;
import dev.podpool.function.Tuple;
import dev.podpool.function.TypeRef;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CodecTest {
  @SuppressWarnings("ArrayRecordComponent") // what users may write
  record Value(double number, BigDecimal exact, String text, byte[] bytes, ZonedDateTime when) {}

  record Getter(int n) {
    @SuppressWarnings("DoNotCallSuggester")
    public int getBroken() {
      throw new IllegalStateException("no such luck");
    }
  }

  record Holder(List<Getter> getters) {}

  static final class Closed {
    @SuppressWarnings("UnusedVariable")
    private final int secret = 1;
  }

  record Cycle(List<Object> parts) {}

  @Test
  void scalarsAreJson() {
    assertThat(json(int.class, Integer.MIN_VALUE)).isEqualTo("-2147483648");
    assertThat(json(Long.class, Long.MIN_VALUE)).isEqualTo("-9223372036854775808");
    assertThat(json(Integer.class, null)).isEqualTo("null");
    assertThat(json(double.class, Double.NaN)).isEqualTo("\"NaN\"");
    assertThat(json(boolean.class, true)).isEqualTo("true");
    assertThat(json(char.class, '"')).isEqualTo("\"\\\"\"");
    assertThat(json(byte[].class, new byte[] {'x'})).isEqualTo("Bx");
    assertThat(json(String.class, "a\n\u0001é😀\ud800")).isEqualTo("\"a\\n\\u0001é😀\\ud800\"");
  }

  @Test
  void extremesComeBack() {
    for (long value : new long[] {0, 9, 10, -1, 99_999, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertThat(roundTrip(long.class, value)).isEqualTo(value);
      assertThat(roundTrip(int.class, (int) value)).isEqualTo((int) value);
      assertThat(roundTrip(short.class, (short) value)).isEqualTo((short) value);
      assertThat(roundTrip(byte.class, (byte) value)).isEqualTo((byte) value);
    }
    for (double value :
        new double[] {0, -0.0, Double.NaN, 1 / 0.0, -1 / 0.0, Double.MIN_VALUE, 1e300}) {
      assertThat(roundTrip(double.class, value)).isEqualTo(value);
      assertThat(roundTrip(float.class, (float) value)).isEqualTo((float) value);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3})
  void anyNumberAndAnyStringComesBackAndIsTheJsonThatJacksonReads(long seed) throws Exception {
    var random = new SplittableRandom(seed);
    var jackson = new com.fasterxml.jackson.databind.ObjectMapper();
    for (int i = 0; i < 5_000; i++) {
      long number = random.nextLong() >> random.nextInt(64);
      assertThat(roundTrip(long.class, number)).isEqualTo(number);
      assertThat(json(long.class, number)).isEqualTo(Long.toString(number));
      var text = new StringBuilder();
      for (int length = random.nextInt(20); length > 0; length--) {
        text.append((char) random.nextInt(random.nextBoolean() ? 0x80 : 0x10000));
      }
      assertThat(roundTrip(String.class, text.toString())).isEqualTo(text.toString());
      assertThat(jackson.readValue(json(String.class, text.toString()), String.class))
          .isEqualTo(text.toString());
    }
  }

  @Test
  void recordsComeBackExactly() {
    var when = ZonedDateTime.of(2026, 7, 1, 1, 2, 3, 4, ZoneId.of("Europe/Paris"));
    var value =
        new Value(Double.NaN, new BigDecimal("1E+3"), "x\ud800😀", new byte[] {-1, 0}, when);
    var back = (Value) roundTrip(Value.class, value);
    assertThat(back.number()).isNaN();
    assertThat(back.exact()).isEqualTo(value.exact()); // scale too
    assertThat(back.text().equals(value.text())).isTrue();
    assertThat(back.bytes()).isEqualTo(value.bytes());
    assertThat(back.when()).isEqualTo(value.when());
    assertThat(back.when().getZone()).isEqualTo(value.when().getZone());
    assertThat(roundTrip(OffsetDateTime.class, when.toOffsetDateTime()))
        .isEqualTo(when.toOffsetDateTime());
    assertThat(json(Instant.class, Instant.EPOCH)).isEqualTo("\"1970-01-01T00:00:00Z\"");
    assertThat(json(Duration.class, Duration.ofSeconds(90))).isEqualTo("\"PT1M30S\"");
    Type optionals = new TypeRef<List<Optional<Value>>>() {}.type();
    assertThat(roundTrip(optionals, List.of(Optional.empty())))
        .isEqualTo(List.of(Optional.empty()));
    assertThat(roundTrip(int[].class, new int[] {1, 2})).isEqualTo(new int[] {1, 2});
  }

  @Test
  void aRunHoldsPayloadsBackToBackWithTheirLengths() {
    var run = new PayloadWriter();
    Codec<String> codec = Codecs.of(String.class);
    codec.encode("a", run);
    codec.encode("b".repeat(200), run);
    codec.encode("c".repeat(20_000), run);
    assertThat(run.count()).isEqualTo(3);
    assertThat(run.sizeBytes()).isEqualTo(1 + 3 + 2 + 202 + 3 + 20_002);
    assertThat(Arrays.copyOf(run.toByteArray(), 6))
        .containsExactly(3, '"', 'a', '"', (byte) ((202 & 0x7f) | 0x80), 202 >> 7);
    var reader = new PayloadReader(run.toByteArray());
    var seen = new ArrayList<Integer>();
    while (reader.next()) {
      seen.add(codec.decode(reader.buffer(), reader.offset(), reader.length()).length());
    }
    assertThat(seen).containsExactly(1, 200, 20_000);
    run.reset();
    assertThat(run.toByteArray()).isEmpty();
  }

  @Test
  void aRunThatIsCutOffIsRefused() {
    assertThatThrownBy(() -> new PayloadReader(new byte[] {5, 1}).next())
        .isInstanceOf(DecodeException.class)
        .hasMessage("payloads are cut off: one of 5 bytes begins at byte 1 of 2");
    assertThatThrownBy(() -> new PayloadReader(new byte[] {-1, -1}).next())
        .isInstanceOf(DecodeException.class);
  }

  @Test
  void argumentsAreTheirPayloadsOneAfterAnother() {
    var codec = ArgumentsCodec.of(List.of(int.class, String.class));
    var run = new PayloadWriter();
    codec.encode(Tuple.of(7, null), run);
    assertThat(run.toByteArray()).containsExactly(7, 1, '7', 4, 'n', 'u', 'l', 'l');
    assertThat((Object[]) codec.decode(run.toByteArray(), 1, 7)).containsExactly(7, null);
    ArgumentsCodec.of(List.of()).encode(null, run);
    assertThat(run.toByteArray()).endsWith(0).hasSize(9);
    assertThatThrownBy(() -> codec.encode(new Object[] {1}, run))
        .hasMessage("1 arguments were given, and the function takes 2; give as many as it takes");
    assertThatThrownBy(() -> codec.encode(new Object[] {1, 2}, run))
        .isInstanceOf(EncodeException.class);
    assertThat(run.sizeBytes()).isEqualTo(9);
  }

  @Test
  void whatCannotBeEncodedLeavesTheWriterAsItWas() {
    refused(
        Holder.class,
        new Holder(List.of(new Getter(1))),
        "a dev.podpool.function.internal.CodecTest$Holder cannot be encoded at getters[0].broken:"
            + " no such luck; pass a record of what is needed, or mark the property @JsonIgnore");
    assertThatThrownBy(() -> json(Closed.class, new Closed())) // and not {}, its state lost
        .isInstanceOf(EncodeException.class);
    var parts = new ArrayList<Object>();
    var cycle = new Cycle(parts);
    parts.add(cycle);
    assertThatThrownBy(() -> json(Cycle.class, cycle))
        .isInstanceOf(EncodeException.class)
        .hasMessageStartingWith(
            "a dev.podpool.function.internal.CodecTest$Cycle cannot be encoded at parts[0].parts");
    refused(
        int.class,
        null,
        "null was given where the function has int; give a value, or let the function take the"
            + " boxed type");
    refused(
        int.class,
        "text",
        "a value of java.lang.String was given where the function has int; look for an unchecked"
            + " cast");
  }

  private static void refused(Type type, Object value, String message) {
    var run = new PayloadWriter();
    Codecs.of(int.class).encode(1, run);
    assertThatThrownBy(() -> Codecs.of(type).encode(value, run))
        .isInstanceOf(EncodeException.class)
        .hasMessage(message);
    Codecs.of(int.class).encode(2, run);
    assertThat(run.toByteArray()).containsExactly(1, '1', 1, '2');
    assertThat(run.count()).isEqualTo(2);
  }

  @Test
  void aPayloadAboveTheLimitIsRefusedAndOneAtTheLimitIsNot() {
    for (Type type : List.of(String.class, new TypeRef<List<String>>() {}.type())) {
      boolean list = type != String.class;
      for (int limit : new int[] {20, 127, 128, 5_000}) {
        var run = new PayloadWriter(limit);
        String fits = "x".repeat(limit - (list ? 4 : 2));
        Codecs.of(type).encode(list ? List.of(fits) : fits, run);
        int size = run.sizeBytes();
        String over = fits + "y";
        assertThatThrownBy(() -> Codecs.of(type).encode(list ? List.of(over) : over, run))
            .isInstanceOf(EncodeException.class)
            .hasMessage(
                "a value of type "
                    + type.getTypeName()
                    + " takes more than maxPayloadBytes, which is "
                    + limit
                    + "; pass where it is kept (a path, a URL) in its place, split it, or raise the"
                    + " limit");
        assertThat(run.sizeBytes()).isEqualTo(size);
      }
    }
  }

  @Test
  void whatIsNotOfTheTypeIsRefusedWithoutShowingIt() {
    notDecoded(
        int.class,
        "2147483648",
        "a payload of 10 bytes is not a int; run the same build on both sides");
    for (String text : new String[] {"", "-", "1.5", "\"1\"", "12345678901234567890", "null"}) {
      notDecoded(int.class, text, null);
    }
    for (String text : new String[] {"", "\"", "a", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"a\"b\""}) {
      notDecoded(String.class, text, null);
    }
    notDecoded(Thread.State.class, "\"RUNNING\"", null);
    notDecoded(byte[].class, "x", null);
    notDecoded(Value.class, "{} {}", null);
    notDecoded(Getter.class, "{\"n\":null}", null);
  }

  private static void notDecoded(Type type, String text, String message) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    var thrown =
        assertThatThrownBy(() -> Codecs.of(type).decode(bytes, 0, bytes.length))
            .as("%s as %s", text, type)
            .isInstanceOf(DecodeException.class);
    if (message != null) {
      thrown.hasMessage(message);
    }
  }

  private static String json(Type type, Object value) {
    var run = new PayloadWriter();
    Codecs.of(type).encode(value, run);
    var reader = new PayloadReader(run.toByteArray());
    assertThat(reader.next()).isTrue();
    return new String(reader.buffer(), reader.offset(), reader.length(), StandardCharsets.UTF_8);
  }

  private static Object roundTrip(Type type, Object value) {
    var run = new PayloadWriter();
    Codecs.of(type).encode(value, run);
    var reader = new PayloadReader(run.toByteArray());
    assertThat(reader.next()).isTrue();
    Object back = Codecs.of(type).decode(reader.buffer(), reader.offset(), reader.length());
    assertThat(reader.next()).isFalse();
    return back;
  }
}
