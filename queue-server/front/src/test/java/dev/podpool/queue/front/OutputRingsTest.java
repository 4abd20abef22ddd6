package dev.podpool.queue.front;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.TaskOutput;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is kept of what items print, and what is said of the rest. */
class OutputRingsTest {

  private static final ByteString JOB = ByteString.copyFromUtf8("job");

  private final OutputRings rings = new OutputRings();

  private static TaskOutput printed(long index, String text) {
    return TaskOutput.newBuilder().setJobId(JOB).setIndex(index).setPool("p").setText(text).build();
  }

  private List<TaskOutput> kept(OutputQuery.Builder query) {
    List<TaskOutput> kept = new ArrayList<>();
    rings.follow(query.setNoFollow(true).build(), kept::add);
    return kept;
  }

  private static String text(List<TaskOutput> pieces) {
    StringBuilder text = new StringBuilder();
    pieces.forEach(piece -> text.append(piece.getText()));
    return text.toString();
  }

  @Test
  void theNewestOfAnItemIsKeptAndTheFirstPieceSaysHowMuchIsLost() {
    long printed = 0;
    for (int i = 0; i < 10_000; i++) {
      String line = "line " + i + "\n";
      printed += line.length();
      rings.publish(printed(7, line));
    }
    List<TaskOutput> kept = kept(OutputQuery.newBuilder());

    long bytes = kept.stream().mapToLong(piece -> 64 + piece.getSerializedSize()).sum();
    assertThat(bytes).isBetween(OutputRings.ITEM_BYTES_MAX - 1_000, OutputRings.ITEM_BYTES_MAX);
    assertThat(text(kept)).endsWith("line 9998\nline 9999\n");
    assertThat(kept.get(0).getDroppedBytes() + text(kept).length()).isEqualTo(printed);
    assertThat(kept.subList(1, kept.size())).allMatch(piece -> piece.getDroppedBytes() == 0);
  }

  @Test
  void ofOneLongPieceTheEndIsKeptInWholeCharacters() {
    String text = "é".repeat(100_000) + "end";
    rings.publish(printed(0, text));

    TaskOutput kept = kept(OutputQuery.newBuilder()).get(0);
    assertThat(kept.getSerializedSize()).isLessThanOrEqualTo((int) OutputRings.ITEM_BYTES_MAX);
    assertThat(kept.getText()).startsWith("éé").endsWith("éend");
    assertThat(kept.getDroppedBytes() + kept.getTextBytes().size()).isEqualTo(200_003);
  }

  @Test
  void manyItemsShareABoundAndTheLongestSilentGoFirst() {
    String text = "x".repeat(60_000);
    for (int i = 0; i < 2_000; i++) {
      rings.publish(printed(i, text));
      rings.publish(printed(0, "still here\n"));
    }
    List<TaskOutput> kept = kept(OutputQuery.newBuilder());

    long bytes = kept.stream().mapToLong(TaskOutput::getSerializedSize).sum();
    assertThat(bytes).isBetween(OutputRings.BYTES_MAX * 9 / 10, OutputRings.BYTES_MAX);
    assertThat(kept).extracting(TaskOutput::getIndex).contains(0L, 1_999L).doesNotContain(1L);
  }

  @Test
  void millionsOfItemsThatPrintLittleAreBoundedToo() {
    for (int i = 0; i < 400_000; i++) {
      rings.publish(printed(i, "."));
    }
    assertThat(kept(OutputQuery.newBuilder()).size()).isLessThan(220_000).isGreaterThan(100_000);
  }

  @Test
  void aQuestionOfOneItemOrOnePoolGetsNothingElse() {
    rings.publish(printed(1, "one"));
    rings.publish(printed(2, "two").toBuilder().setPool("q").build());
    rings.publish(printed(1, "ours").toBuilder().setJobId(ByteString.copyFromUtf8("x")).build());

    assertThat(text(kept(OutputQuery.newBuilder().setJobId(JOB).setIndex(1)))).isEqualTo("one");
    assertThat(text(kept(OutputQuery.newBuilder().setPool("q")))).isEqualTo("two");
  }

  @Test
  void aFollowerGetsWhatThereIsAndWhatComesUntilItLeaves() {
    List<TaskOutput> told = new ArrayList<>();
    OutputRings.Follower follower = told::add;
    rings.publish(printed(1, "before "));
    rings.follow(OutputQuery.getDefaultInstance(), follower);
    rings.publish(printed(1, "after"));
    rings.leave(follower);
    rings.publish(printed(1, "too late"));

    assertThat(text(told)).isEqualTo("before after");
  }
}
