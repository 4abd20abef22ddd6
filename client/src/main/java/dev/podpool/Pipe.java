package dev.podpool;

import dev.podpool.protocol.ObjectKind;
import dev.podpool.protocol.ObjectRef;
import dev.podpool.protocol.ObjectSpec;
import dev.podpool.protocol.PipeSpec;
import org.jspecify.annotations.Nullable;

/**
 * A pipe between processes, as {@code multiprocessing.Pipe}: what is sent at one end is received at
 * the other, in that order. This process holds both ends, until it closes them.
 *
 * @param <E> the type of one message
 */
public final class Pipe<E extends @Nullable Object> extends SharedObject {

  private final Connection<E> first;
  private final Connection<E> second;

  Pipe(ObjectLink link, boolean duplex, ValueCodec<E> codec) {
    super(link, ref(ObjectKind.PIPE, null), spec(duplex));
    forget(); // with this session its ends are closed: in another it is of no use
    first = new Connection<>(this, 1, true, duplex, codec);
    second = new Connection<>(this, 2, duplex, true, codec);
    first.hold();
    second.hold();
  }

  /** A pipe that another process has made. */
  Pipe(ObjectLink link, ObjectRef ref, boolean duplex, ValueCodec<E> codec) {
    super(link, ref, null);
    forget();
    first = new Connection<>(this, 1, true, duplex, codec);
    second = new Connection<>(this, 2, duplex, true, codec);
  }

  private static ObjectSpec spec(boolean duplex) {
    return ObjectSpec.newBuilder().setPipe(PipeSpec.newBuilder().setDuplex(duplex)).build();
  }

  /** The end that receives; where the pipe is duplex, that sends too. */
  public Connection<E> first() {
    return first;
  }

  /** The end that sends; where the pipe is duplex, that receives too. */
  public Connection<E> second() {
    return second;
  }
}
