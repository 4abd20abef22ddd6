package dev.podpool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.podpool.function.TypeRef;
import java.io.EOFException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PipeTest {

  private static final Duration MOMENT = Duration.ofMillis(10);

  private final Podpool podpool = Podpool.local();

  @AfterEach
  void close() {
    podpool.close();
  }

  @Test
  void whatIsSentAtOneEndIsReceivedAtTheOther() throws Exception {
    Pipe<String> pipe = podpool.pipe(String.class);
    pipe.first().send("ping");
    pipe.second().send("pong");
    assertThat(pipe.second().recv()).isEqualTo("ping");
    assertThat(pipe.first().recv()).isEqualTo("pong");
    assertThat(pipe.first()).isNotEqualTo(pipe.second());
  }

  @Test
  void nullIsAMessage() throws Exception {
    Pipe<@Nullable String> pipe = podpool.pipe(new TypeRef<@Nullable String>() {});
    pipe.second().send(null);
    assertThat(pipe.first().recv()).isNull();
  }

  @Test
  void afterTheLastMessageComesTheEnd() throws Exception {
    Pipe<String> pipe = podpool.pipe(String.class, false);
    for (int i = 0; i < 20; i++) {
      pipe.second().send("hi " + i);
    }
    pipe.second().close();
    List<String> received = new ArrayList<>();
    while (true) {
      try {
        received.add(pipe.first().recv());
      } catch (EOFException e) {
        break;
      }
    }
    assertThat(received).hasSize(20).startsWith("hi 0").endsWith("hi 19");
    assertThat(pipe.first().poll()).isTrue(); // the end is there
  }

  @Test
  void sendingToNobodyFails() throws Exception {
    Pipe<String> pipe = podpool.pipe(String.class);
    pipe.first().close();
    assertThatThrownBy(() -> pipe.second().send("lost"))
        .isInstanceOf(BrokenPipeException.class)
        .hasMessageContaining("end 1");
    assertThatThrownBy(() -> pipe.first().recv()).isInstanceOf(IllegalStateException.class);
    pipe.first().close();
    pipe.second().close();
  }

  @Test
  void thePipeGoesOneWayIfItIsNotDuplex() {
    Pipe<String> pipe = podpool.pipe(String.class, false);
    assertThatThrownBy(() -> pipe.first().send("up"))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("only receives");
    assertThatThrownBy(() -> pipe.second().recv())
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> pipe.second().poll())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void pollSaysWhetherThereIsSomethingAndLeavesIt() throws Exception {
    Pipe<Integer> pipe = podpool.pipe(Integer.class);
    assertThat(pipe.first().poll()).isFalse();
    assertThat(pipe.first().poll(MOMENT)).isFalse();
    pipe.second().send(1);
    pipe.second().send(2);
    assertThat(pipe.first().poll()).isTrue();
    assertThat(pipe.first().poll(MOMENT)).isTrue();
    assertThat(pipe.first().recv()).isEqualTo(1);
    assertThat(pipe.first().recv()).isEqualTo(2);
    assertThat(pipe.first().poll()).isFalse();
  }

  @Test
  void closingAnEndWakesWhoWaitsAtIt() throws Exception {
    Pipe<Integer> pipe = podpool.pipe(Integer.class);
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    Thread receiver =
        new Thread(
            () -> {
              try {
                failure.complete(new AssertionError("received " + pipe.first().recv()));
              } catch (Exception e) {
                failure.complete(e);
              }
            });
    receiver.start();
    while (pipe.status().getWaiting() == 0) {
      Thread.sleep(1);
    }
    pipe.first().close();
    assertThat(failure.get()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aPipeWithoutEndsIsForgotten() {
    Pipe<Integer> pipe = podpool.pipe(Integer.class);
    pipe.first().close();
    pipe.second().close();
    assertThatThrownBy(pipe::status).isInstanceOf(NotFoundException.class);
  }

  @Test
  void eachHandleOfAnEndCountsInOneProcessToo() throws Exception {
    Pipe<Integer> pipe = podpool.pipe(Integer.class);
    SharedQueue<Connection<Integer>> ends = podpool.queue("ends", new TypeRef<>() {});
    ends.put(pipe.first());
    ends.put(pipe.first());
    Connection<Integer> second = ends.get();
    Connection<Integer> third = ends.get();
    pipe.second().send(1);
    assertThat(second.poll()).isTrue();

    second.close();
    second.close();
    assertThat(third.recv()).as("what another had found").isEqualTo(1);
    pipe.first().close();
    pipe.second().send(2);
    assertThat(third.recv()).isEqualTo(2);
    assertThatThrownBy(second::recv).isInstanceOf(IllegalStateException.class);

    third.close();
    assertThatThrownBy(() -> pipe.second().send(3)).isInstanceOf(BrokenPipeException.class);
  }
}
