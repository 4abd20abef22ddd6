package dev.podpool.function.sample;

import dev.podpool.function.RemoteBiFunction;
import dev.podpool.function.RemoteFunction;
import dev.podpool.function.RemoteFunction3;
import dev.podpool.function.RemoteFunction4;
import dev.podpool.function.RemoteSupplier;
import dev.podpool.function.TypeRef;
import dev.podpool.function.Typed;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Functions of every kind, as a user would write them. Loaded twice: here and "in the worker". */
public final class Samples {
  private Samples() {}

  /** A case: the function, its input, and the result as text. */
  public record Case(String what, Serializable function, Object input, String result) {
    @Override
    public String toString() {
      return what;
    }
  }

  public enum Color {
    RED,
    GREEN {
      @Override
      public String toString() {
        return "verde";
      }
    }
  }

  public record Row(String name, int amount) implements Serializable {
    int doubled() {
      return amount * 2;
    }
  }

  public record Table(List<Row> rows, Map<Color, Optional<Row>> best) {}

  public record Pair<A, B>(A left, B right) {}

  public record Nothing() {}

  public record Multiply(int factor) implements RemoteFunction<Integer, Integer> {
    @Override
    public Integer apply(Integer n) {
      return n * factor;
    }
  }

  static final class Increment implements RemoteFunction<Integer, Integer> {
    @Override
    public Integer apply(Integer n) {
      return n + 1;
    }
  }

  private static final class Hidden {
    private static long sum(List<Row> rows) {
      return rows.stream().mapToLong(Row::amount).sum();
    }
  }

  private static int square(int n) {
    return n * n;
  }

  static long widened(long n) {
    return n + 1;
  }

  static Table table(List<Row> rows) {
    return new Table(rows, Map.of(Color.GREEN, Optional.of(rows.get(0))));
  }

  static List<Map<String, List<Row>>> nested(List<Map<String, List<Row>>> value) {
    return value;
  }

  static Pair<Row, LocalDate> pair(Pair<Row, LocalDate> pair) {
    return pair;
  }

  static byte[] reversed(byte[] bytes) {
    byte[] out = bytes.clone();
    for (int i = 0; i < out.length; i++) {
      out[i] = bytes[out.length - 1 - i];
    }
    return out;
  }

  static Nothing nothing(Nothing nothing) {
    return nothing;
  }

  static String join(String a, int b) {
    return a + b;
  }

  static String join(String a, int b, Color c) {
    return a + b + c.name();
  }

  static String join(String a, int b, Color c, Instant d) {
    return a + b + c.name() + d;
  }

  static <T> T identity(T value) {
    return value;
  }

  private int offset(int n) {
    return n;
  }

  public static List<Case> all() {
    int factor = 3;
    long wide = 4_000_000_000L;
    String word = "wörd";
    var id = new UUID(1, 2);
    var row = new Row("a", 7);
    BigDecimal exact = new BigDecimal("1.10");
    BigInteger big = BigInteger.TWO.pow(5000);
    byte[] raw = {1, 2};
    Color color = Color.GREEN;
    ZoneId zone = ZoneId.of("Europe/Paris");
    String absent = null;
    RemoteFunction<Integer, Integer> privateMethod = Samples::square;
    RemoteFunction<Integer, Long> widening = Samples::widened;
    RemoteFunction<Row, Integer> unbound = Row::doubled;
    RemoteFunction<String, Integer> jdkUnbound = String::length;
    RemoteFunction<Integer, String> jdkStatic = String::valueOf;
    RemoteFunction<Integer, Integer> generic = Samples::identity;
    RemoteSupplier<Integer> bound = row::doubled;
    RemoteSupplier<String> boundEnum = color::name;
    RemoteBiFunction<String, Integer, Row> constructor = Row::new;
    RemoteFunction<Integer, String> lambda =
        n ->
            n * factor
                + wide
                + word
                + id
                + row
                + exact
                + big.bitLength()
                + raw.length
                + color.name();
    RemoteSupplier<String> capturedNulls = () -> absent + zone;
    RemoteFunction<List<Row>, Long> nestedClass = Hidden::sum;
    RemoteFunction<List<Row>, Table> records = Samples::table;
    RemoteFunction<List<Map<String, List<Row>>>, List<Map<String, List<Row>>>> deep =
        Samples::nested;
    RemoteFunction<Pair<Row, LocalDate>, Pair<Row, LocalDate>> genericRecord = Samples::pair;
    RemoteFunction<byte[], byte[]> bytes = Samples::reversed;
    RemoteBiFunction<String, Integer, String> two = Samples::join;
    RemoteFunction3<String, Integer, Color, String> three = Samples::join;
    RemoteFunction4<String, Integer, Color, Instant, String> four = Samples::join;
    RemoteFunction<Nothing, Nothing> empty = Samples::nothing;
    RemoteFunction<String, String> nullable = s -> s;
    RemoteFunction<List<Row>, Integer> typed =
        Typed.function(
            rows -> rows.get(0).amount(), new TypeRef<List<Row>>() {}, new TypeRef<Integer>() {});
    RemoteFunction<Integer, Integer> anonymous =
        new RemoteFunction<>() {
          @Override
          public Integer apply(Integer n) {
            return -n;
          }
        };
    var rows = new ArrayList<>(List.of(row, new Row("b", 2)));
    return List.of(
        new Case("private method", privateMethod, 12, "144"),
        new Case("widening", widening, 12, "13"),
        new Case("unbound method", unbound, row, "14"),
        new Case("JDK instance method", jdkUnbound, "four", "4"),
        new Case("JDK static method on Object", jdkStatic, 12, "12"),
        new Case("generic method", generic, 12, "12"),
        new Case("bound record", bound, new Object[0], "14"),
        new Case("bound enum constant with a body", boundEnum, new Object[0], "GREEN"),
        new Case("constructor", constructor, new Object[] {"x", 1}, "Row[name=x, amount=1]"),
        new Case(
            "lambda with captured values",
            lambda,
            2,
            "4000000006wörd00000000-0000-0001-0000-000000000002Row[name=a, amount=7]1.1050012GREEN"),
        new Case("captured null and zone", capturedNulls, new Object[0], "nullEurope/Paris"),
        new Case("method of a private nested class", nestedClass, rows, "9"),
        new Case(
            "list of records",
            records,
            rows,
            "Table[rows=[Row[name=a, amount=7], Row[name=b, amount=2]],"
                + " best={verde=Optional[Row[name=a, amount=7]]}]"),
        new Case(
            "nested generics",
            deep,
            List.of(Map.of("k", rows)),
            "[{k=[Row[name=a, amount=7], Row[name=b, amount=2]]}]"),
        new Case(
            "generic record",
            genericRecord,
            new Pair<>(row, LocalDate.of(2026, 1, 2)),
            "Pair[left=Row[name=a, amount=7], right=2026-01-02]"),
        new Case("raw bytes", bytes, new byte[] {1, 2, 3}, "[3, 2, 1]"),
        new Case("two arguments", two, new Object[] {"a", 1}, "a1"),
        new Case("three arguments", three, new Object[] {"a", 1, Color.RED}, "a1RED"),
        new Case(
            "four arguments",
            four,
            new Object[] {"a", 1, Color.RED, Instant.EPOCH},
            "a1RED1970-01-01T00:00:00Z"),
        new Case("empty record", empty, new Nothing(), "Nothing[]"),
        new Case("null", nullable, null, "null"),
        new Case("lambda with types given", typed, rows, "7"),
        new Case("record that is a function", new Multiply(5), 3, "15"),
        new Case("class that is a function", new Increment(), 3, "4"),
        new Case("anonymous class", anonymous, 3, "-3"));
  }

  public static RemoteFunction<Integer, Integer> thrower() {
    return n -> {
      throw new java.io.IOException("user's own");
    };
  }

  // What follows is refused.

  public static RemoteFunction<Integer, Integer> capturesReader(java.io.BufferedReader reader) {
    return n -> reader.read() + n;
  }

  private static String firstLine(java.io.BufferedReader reader) throws java.io.IOException {
    return reader.readLine();
  }

  public static RemoteFunction<java.io.BufferedReader, String> takesReader() {
    return Samples::firstLine;
  }

  public static RemoteFunction<Integer, Boolean> capturesLock(
      java.util.concurrent.locks.ReentrantLock lock) {
    return n -> lock.isLocked();
  }

  public static RemoteFunction<Integer, Integer> capturesList(long before, List<String> names) {
    return n -> (int) before + names.size() + n;
  }

  public static RemoteFunction<Integer, Integer> capturesObject(Object thing) {
    return n -> thing.hashCode() + n;
  }

  public static RemoteFunction<Integer, Integer> capturesThis() {
    return new Samples().offsetLambda();
  }

  private RemoteFunction<Integer, Integer> offsetLambda() {
    return n -> offset(n);
  }

  public static RemoteFunction<Integer, Integer> boundToPlainObject() {
    return new Samples()::offset;
  }

  public static RemoteFunction<List<String>, Integer> erasedLambda() {
    return names -> names.size();
  }

  static int wild(List<? extends Number> numbers) {
    return numbers.size();
  }

  public static RemoteFunction<List<Integer>, Integer> wildcard() {
    return Samples::wild;
  }

  static Number number(int n) {
    return n;
  }

  public static RemoteFunction<Integer, Number> abstractResult() {
    return Samples::number;
  }

  public record Vague(Object thing) {}

  static int vague(String name, Vague vague) {
    return 0;
  }

  public static RemoteBiFunction<String, Vague, Integer> vagueRecord() {
    return Samples::vague;
  }

  static final class Stateful implements RemoteFunction<Integer, Integer> {
    private int calls;

    @Override
    public Integer apply(Integer n) {
      return n + calls++;
    }
  }

  public static RemoteFunction<Integer, Integer> stateful() {
    return new Stateful();
  }
}
