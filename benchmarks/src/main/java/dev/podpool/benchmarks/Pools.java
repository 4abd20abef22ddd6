package dev.podpool.benchmarks;

import dev.podpool.Podpool;
import dev.podpool.Pool;
import java.io.IOException;

/** Where a figure's pools come from. */
interface Pools extends AutoCloseable {

  /** A pool whose workers are all there. One at a time. */
  Pool open(int workers, int slots) throws Exception;

  /** For what is shared. */
  Podpool podpool();

  /** What was spent until now. */
  Cost cost() throws Exception;

  @Override
  void close() throws IOException;
}
