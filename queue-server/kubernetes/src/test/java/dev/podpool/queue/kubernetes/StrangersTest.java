package dev.podpool.queue.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** With a clock that is moved, and an API server that answers when it is told to. */
class StrangersTest {

  private static final Reviews.Identity GOOD =
      new Reviews.Of(JsonNodeFactory.instance.objectNode());
  private static final Reviews.Identity BAD = new Reviews.Nobody("wrong");

  private final AtomicLong nanos = new AtomicLong(1);
  private final List<CompletableFuture<Reviews.Identity>> reviews = new ArrayList<>();
  private final Strangers strangers = new Strangers(token -> asked(), nanos::get);

  private CompletableFuture<Reviews.Identity> asked() {
    CompletableFuture<Reviews.Identity> review = new CompletableFuture<>();
    reviews.add(review);
    return review;
  }

  private List<CompletableFuture<Reviews.Identity>> come(int count) {
    var answers = new ArrayList<CompletableFuture<Reviews.Identity>>();
    for (int i = 0; i < count; i++) {
      answers.add(strangers.whose("token"));
    }
    return answers;
  }

  /** Has all reviews answered, and those that follow. */
  private void answer(Reviews.Identity with) {
    for (int i = 0; i < reviews.size(); i++) {
      reviews.get(i).complete(with);
    }
  }

  private static long undecided(List<CompletableFuture<Reviews.Identity>> answers) {
    return answers.stream().filter(answer -> answer.join() instanceof Reviews.Unclear).count();
  }

  @Test
  void soManyAreReviewedAtOnceAndTheRestInTurn() {
    var answers = come(Strangers.AT_ONCE_MAX + 5);
    assertThat(reviews).hasSize(Strangers.AT_ONCE_MAX);

    reviews.getFirst().complete(GOOD);

    assertThat(answers.getFirst().join()).isEqualTo(GOOD);
    assertThat(reviews).hasSize(Strangers.AT_ONCE_MAX + 1);
    answer(GOOD);
    assertThat(reviews).hasSize(Strangers.AT_ONCE_MAX + 5);
    assertThat(undecided(answers)).isZero();
  }

  @Test
  void rightOnesAreNotCountedHoweverManyCome() {
    var answers = come(10 * Strangers.REFUSED_MAX);
    answer(GOOD);
    assertThat(undecided(answers)).isZero();
  }

  @Test
  void beyondItsLimitOfRefusedOnesNobodyIsReviewedUntilTimeHasPassed() {
    var first = come(Strangers.REFUSED_MAX + 50);
    answer(BAD);
    assertThat(reviews).hasSize(Strangers.REFUSED_MAX);
    assertThat(undecided(first)).isEqualTo(50);
    assertThat(((Reviews.Unclear) first.getLast().join()).why())
        .isEqualTo(
            "too many refused tokens were shown to this queue: it looks at 100 of them at once and"
                + " at 10 a second from then on, and until there are fewer at none that it does not"
                + " know; try again in a few seconds");

    nanos.addAndGet(Duration.ofMillis(950).toNanos());
    var later = come(20);
    answer(BAD);
    assertThat(undecided(later)).isEqualTo(11);
    nanos.addAndGet(Duration.ofHours(1).toNanos());
    var last = come(2 * Strangers.REFUSED_MAX);
    answer(BAD);
    assertThat(undecided(last)).isEqualTo(Strangers.REFUSED_MAX);
  }

  @Test
  void whatCannotBeToldIsNotCountedAsRefused() {
    var answers = come(2 * Strangers.REFUSED_MAX);
    answer(new Reviews.Unclear("no answer"));
    assertThat(reviews).hasSize(2 * Strangers.REFUSED_MAX);
    assertThat(answers).allMatch(answer -> answer.join() instanceof Reviews.Unclear);
  }

  @Test
  void soManyWaitAndNoMore() {
    var answers = come(Strangers.AT_ONCE_MAX + Strangers.WAITING_MAX + 3);
    assertThat(answers).filteredOn(CompletableFuture::isDone).hasSize(3);
    assertThat(((Reviews.Unclear) answers.getLast().join()).why()).contains("2000 new tokens wait");
  }
}
