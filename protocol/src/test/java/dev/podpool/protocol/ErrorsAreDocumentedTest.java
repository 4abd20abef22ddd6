package dev.podpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ProtocolMessageEnum;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The numbers are a promise, and docs/errors.md is where it is given. */
class ErrorsAreDocumentedTest {

  /** Number, name, when, remedy; none empty. */
  private static final Pattern ROW =
      Pattern.compile("(?m)^\\| (\\d+) \\| `(\\w+)` \\| [^|]+ \\| [^|]+ \\|$");

  @Test
  void everyRefusalHasItsNumberItsCauseAndItsRemedy() throws IOException {
    assertThat(documented("Refusals")).containsExactlyEntriesOf(defined(ErrorCode.values()));
  }

  @Test
  void everyKindOfFailureHasItsNumberItsCauseAndItsRemedy() throws IOException {
    assertThat(documented("Failures of items"))
        .containsExactlyEntriesOf(defined(FailureKind.values()));
  }

  private static <E extends Enum<E> & ProtocolMessageEnum> Map<Integer, String> defined(
      E[] constants) {
    Map<Integer, String> names = new LinkedHashMap<>();
    for (E constant : constants) {
      // 0 is what was left out, and UNRECOGNIZED is the generator's.
      if (!constant.name().equals("UNRECOGNIZED") && constant.getNumber() > 0) {
        names.put(constant.getNumber(), constant.name());
      }
    }
    return names;
  }

  private static Map<Integer, String> documented(String section) throws IOException {
    String errors = Files.readString(Path.of("..", "docs", "errors.md"));
    int start = errors.indexOf("\n## " + section + "\n");
    assertThat(start).as("section " + section).isPositive();
    int next = errors.indexOf("\n## ", start + 1);
    Map<Integer, String> rows = new LinkedHashMap<>();
    Matcher row = ROW.matcher(errors.substring(start, next));
    while (row.find()) {
      rows.put(Integer.valueOf(row.group(1)), row.group(2));
    }
    return rows;
  }
}
