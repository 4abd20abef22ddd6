package dev.podpool.function.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.CaptureException;
import dev.podpool.function.DecodeException;
import dev.podpool.function.ErasedTypeException;
import dev.podpool.function.RemoteFunction;
import dev.podpool.function.TypeRef;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.AbstractMap;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReferenceTest {

  /** Handles know what they were resolved with. */
  static final class Resolver implements Referenced.Resolver {
    @Override
    public Referenced resolve(String reference, Class<?> type, List<Type> arguments) {
      if (reference.equals("basket:gone")) {
        throw new DecodeException("basket:gone was deleted");
      }
      return type == Shelf.class ? new Shelf<>(reference, arguments) : new Basket(reference);
    }
  }

  @Referenced.ResolvedBy(Resolver.class)
  record Basket(String reference) implements Referenced {}

  /** A map as well, which is no concern of the codec's. */
  @Referenced.ResolvedBy(Resolver.class)
  static final class Shelf<V> extends AbstractMap<String, V> implements Referenced {
    private final String reference;
    final List<Type> arguments;

    Shelf(String reference, List<Type> arguments) {
      this.reference = reference;
      this.arguments = arguments;
    }

    @Override
    public String reference() {
      return reference;
    }

    @Override
    public Set<Entry<String, V>> entrySet() {
      throw new AssertionError("read as a map");
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Shelf<?> shelf
          && shelf.reference.equals(reference)
          && shelf.arguments.equals(arguments);
    }

    @Override
    public int hashCode() {
      return Objects.hash(reference, arguments);
    }
  }

  record Both(Basket basket, Shelf<byte[]> shelf, int number) {}

  private static byte[] encode(Type type, Object value) {
    PayloadWriter out = new PayloadWriter();
    Codecs.of(type).encode(value, out);
    byte[] all = out.toByteArray();
    return Arrays.copyOfRange(all, 1, all.length);
  }

  private static Object decode(Type type, byte[] payload) {
    return Codecs.of(type).decode(payload, 0, payload.length);
  }

  private static String text(byte[] payload) {
    return new String(payload, StandardCharsets.UTF_8);
  }

  @Test
  void aHandleIsItsReferenceAndNoClass() {
    byte[] payload = encode(Basket.class, new Basket("basket:one@0f"));
    assertThat(text(payload)).isEqualTo("\"basket:one@0f\"");
    assertThat(decode(Basket.class, payload)).isEqualTo(new Basket("basket:one@0f"));
    assertThat(decode(Basket.class, encode(Basket.class, null))).isNull();
  }

  @Test
  void itArrivesWithTheArgumentsOfItsDeclaredType() {
    Type type = new TypeRef<Shelf<List<Integer>>>() {}.type();
    Object shelf = decode(type, encode(type, new Shelf<List<Integer>>("shelf:one", List.of())));
    assertThat(((Shelf<?>) shelf).arguments).hasSize(1);
    assertThat(((Shelf<?>) shelf).arguments.get(0).getTypeName())
        .isEqualTo("java.util.List<java.lang.Integer>");
  }

  @Test
  void itIsAPartOfRecordsAndContainers() {
    Both both = new Both(new Basket("basket:one"), new Shelf<>("shelf:one", List.of()), 3);
    byte[] payload = encode(Both.class, both);
    assertThat(text(payload))
        .isEqualTo("{\"basket\":\"basket:one\",\"shelf\":\"shelf:one\",\"number\":3}");
    Both back = (Both) decode(Both.class, payload);
    assertThat(back.basket).isEqualTo(both.basket);
    assertThat(back.shelf).isEqualTo(new Shelf<>("shelf:one", List.of(byte[].class)));
    Type map = new TypeRef<Map<String, List<Basket>>>() {}.type();
    Map<String, List<Basket>> baskets = Map.of("a", List.of(new Basket("basket:one")));
    assertThat(decode(map, encode(map, baskets))).isEqualTo(baskets);
  }

  @Test
  void whatItsResolverSaysIsTheFailure() {
    Type list = new TypeRef<List<Basket>>() {}.type();
    byte[] payload = "[\"basket:gone\"]".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> decode(list, payload))
        .isInstanceOf(DecodeException.class)
        .hasMessage("basket:gone was deleted");
    for (String other : List.of("3", "\"\"", "\"a b\"", "\"A\"", "\"", "{}")) {
      byte[] wrong = other.getBytes(StandardCharsets.UTF_8);
      assertThatThrownBy(() -> decode(Basket.class, wrong))
          .as(other)
          .isInstanceOf(DecodeException.class);
    }
  }

  static int size(Shelf<?> shelf) {
    return shelf.arguments.size();
  }

  @Test
  void aTypeThatIsErasedIsRefusedAtSubmission() {
    RemoteFunction<Shelf<?>, Integer> function = ReferenceTest::size;
    assertThatThrownBy(() -> Capture.capture(function)).isInstanceOf(ErasedTypeException.class);
  }

  @Test
  void aLambdaCapturesAHandleButNoErasedOne() {
    Basket basket = new Basket("basket:one");
    RemoteFunction<Integer, String> function = n -> basket.reference() + n;
    assertThat(Capture.capture(function).name()).contains("ReferenceTest");
    Shelf<Integer> shelf = new Shelf<>("shelf:one", List.of());
    RemoteFunction<Integer, String> erased = n -> shelf.reference() + n;
    assertThatThrownBy(() -> Capture.capture(erased))
        .isInstanceOf(CaptureException.class)
        .hasMessageContaining("the compiler erased")
        .hasMessageContaining("`shelf`");
  }
}
