package dev.podpool.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.internal.Capture;
import dev.podpool.function.internal.CapturedFunction;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.ToolProvider;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Functions of code that this JVM has not, by their names. */
class NamedFunctionTest {

  private static final String SHOP =
      """
      package shop;

      public class Price {
        static {
          if (true) {
            throw new IllegalStateException("initialized");
          }
        }
        public enum Size { SMALL, LARGE }
        public record Order(String name, Size size) {}
        public static int of(Order order) { return 1; }
        public int later(int n) { return n; }
      }
      """;
  private static final String SUMS =
      """
      package shop;

      class Sums {
        static int add(int a, int b) { return a + b; }
        static String shout(String text) { return text + "!"; }
        static String twice(int n) { return "int"; }
        static String twice(long n) { return "long"; }
        static byte[] reverse(byte[] bytes) {
          byte[] reversed = new byte[bytes.length];
          for (int i = 0; i < bytes.length; i++) {
            reversed[i] = bytes[bytes.length - 1 - i];
          }
          return reversed;
        }
        static void nothing() {}
        static class Inner {
          static int one() { return 1; }
        }
      }
      """;

  @TempDir private static Path directory;
  private static String classPath = "";

  @BeforeAll
  static void compile() throws IOException {
    Path classes = directory.resolve("classes");
    StringWriter said = new StringWriter();
    var compiler = ToolProvider.getSystemJavaCompiler();
    Path price = Files.writeString(directory.resolve("Price.java"), SHOP);
    Path sums = Files.writeString(directory.resolve("Sums.java"), SUMS);
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      boolean compiled =
          compiler
              .getTask(
                  said,
                  files,
                  null,
                  List.of("-d", classes.toString()),
                  null,
                  files.getJavaFileObjects(price, sums))
              .call();
      assertThat(compiled).as(said.toString()).isTrue();
    }
    classPath = classes.toString();
  }

  private static NamedFunction function(String name, int parameters) {
    return NamedFunction.of(name, parameters, classPath);
  }

  private static String call(String name, String... words) throws Exception {
    NamedFunction function = function(name, words.length);
    return function.apply(function.input(List.of(words)));
  }

  @Test
  void wordsAreTextWhereTheParameterIsAndJsonElse() throws Exception {
    assertThat(call("shop.Sums::shout", "say \"hi\"")).isEqualTo("\"say \\\"hi\\\"!\"");
    assertThat(call("shop.Sums::add", "1", " 2 ")).isEqualTo("3");
    assertThat(call("shop.Sums::reverse", "\"AQID\"")).isEqualTo("\"AwIB\"");
    assertThat(call("shop.Sums::nothing")).isEqualTo("null");
  }

  @Test
  void aClassIsFoundWithoutItsPackageIfItIsTheOnlyOne() throws Exception {
    assertThat(call("Sums::add", "1", "2")).isEqualTo("3");
    assertThat(call("Inner::one")).isEqualTo("1");
    assertThat(call("java.lang.Math::abs(int)", "-7")).isEqualTo("7");
  }

  @Test
  void overloadsAreToldApartByTheirTypes() throws Exception {
    assertThat(call("Sums::twice(long)", "1")).isEqualTo("\"long\"");
    assertThatThrownBy(() -> function("Sums::twice", 1))
        .isInstanceOf(FunctionNotFoundException.class)
        .hasMessage(
            "shop.Sums has 2 static methods twice with 1 parameter: name one with its types:"
                + " 'shop.Sums::twice(int)', 'shop.Sums::twice(long)'");
  }

  @Test
  void whatIsNotThereIsAnsweredWithWhatIs() {
    refused("Sums::ad", 2)
        .hasMessage(
            "shop.Sums has no method ad; it has add(int,int), nothing(), reverse(byte[]),"
                + " shout(String), twice(int), twice(long)");
    refused("Sums::add", 1)
        .hasMessage("shop.Sums has no static method add with 1 parameter; it has add(int,int)");
    refused("shop.sums::add", 2)
        .hasMessageStartingWith("there is no class shop.sums in ")
        .hasMessageEndingWith("; did you mean shop.Sums?");
    refused("Shop::add", 2).hasMessageContaining("; it has shop.Price, ");
    refused("Price::later", 1)
        .hasMessage(
            "shop.Price::later is not static, and there is no object to call it on; make it"
                + " static");
    refused("add", 2).hasMessage("'add' is no function; give package.Class::method");
    assertThatThrownBy(() -> NamedFunction.of("Sums::add", 2, "no.jar"))
        .hasMessage("no.jar: no such file; check the path");
  }

  private static AbstractThrowableAssert<?, ?> refused(String name, int parameters) {
    return assertThatThrownBy(() -> function(name, parameters))
        .isInstanceOf(FunctionNotFoundException.class);
  }

  @Test
  void noClassOfTheUsersIsInitialized() {
    NamedFunction function = function("Price::of", 1);
    CapturedFunction captured = Capture.capture(function);
    byte[] payload = captured.payload(List.of("{\"name\":\"tea\",\"size\":\"SMALL\"}"));
    assertThat(new String(payload)).isEqualTo("{\"name\":\"tea\",\"size\":\"SMALL\"}");
    assertThatThrownBy(() -> function.apply(List.of("{}")))
        .isInstanceOf(ExceptionInInitializerError.class);
  }

  @Test
  void anInputOfAnotherTypeIsRefusedAsFarAsThatCanBeTold() {
    notEncoded("Sums::add", "1", "x").hasMessage("x is no int");
    notEncoded("Sums::add", "1", "").hasMessage(" is no int");
    notEncoded("Price::of", "{").hasMessage("{ is no shop.Price$Order");
    notEncoded("Price::of", "{} {}").hasMessage("{} {} is no shop.Price$Order");
    notEncoded("Sums::reverse", "\"*\"").hasMessage("\"*\" is no byte[]");
    NamedFunction add = function("Sums::add", 2);
    assertThatThrownBy(() -> add.input(List.of("1")))
        .hasMessage("1 arguments were given, and the function takes 2");
  }

  private static AbstractThrowableAssert<?, ?> notEncoded(String name, String... words) {
    NamedFunction function = function(name, words.length);
    CapturedFunction captured = Capture.capture(function);
    return assertThatThrownBy(() -> captured.payload(function.input(List.of(words))))
        .isInstanceOf(EncodeException.class);
  }
}
