package dev.podpool.queue.boot;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Network namespaces of Linux, each with an address, all on one bridge. Where one is cut from
 * another, connections that are there hear nothing of it and carry nothing that way; new ones fail
 * at once on the side that is cut, and in silence on the other. The network of the machine is left
 * as it is. Takes root and iproute2.
 */
final class Namespaces implements AutoCloseable {

  private static final MethodHandle OPEN = call("open", ValueLayout.ADDRESS);
  private static final MethodHandle SETNS = call("setns", ValueLayout.JAVA_INT);
  private static final int READ_ONLY = 0; // O_RDONLY
  private static final int NET = 0x40000000; // CLONE_NEWNET
  private static final int BUFFER_BYTES = 64 << 10;

  private final String name =
      "podpool-%d-%x"
          .formatted(ProcessHandle.current().pid(), ThreadLocalRandom.current().nextInt());
  private final List<String> made = new ArrayList<>();
  private final List<ExecutorService> inside = new ArrayList<>();
  private final List<ServerSocketChannel> forwarders = new ArrayList<>();

  /** So many. */
  Namespaces(int count) throws IOException, InterruptedException {
    try {
      make(name);
      ip("-n", name, "link", "add", "bridge", "type", "bridge");
      ip("-n", name, "link", "set", "bridge", "up");
      for (int i = 0; i < count; i++) {
        add(i);
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private void make(String namespace) throws IOException, InterruptedException {
    ip("netns", "add", namespace);
    made.add(namespace);
  }

  private void add(int i) throws IOException, InterruptedException {
    make(name(i));
    String port = "port-" + i;
    ip("-n", name, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", name(i));
    ip("-n", name, "link", "set", port, "master", "bridge", "up");
    ip("-n", name(i), "addr", "add", address(i) + "/24", "dev", "eth0");
    ip("-n", name(i), "link", "set", "eth0", "up");
    ip("-n", name(i), "link", "set", "lo", "up");
    ExecutorService thread =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
    inside.add(thread);
    done(thread, () -> enter(name(i)));
  }

  /** Why there can't be any; empty where there can. */
  static String missing() throws InterruptedException {
    try (Namespaces tried = new Namespaces(1)) {
      return "";
    } catch (IOException e) {
      return "network namespaces take Linux, root and iproute2: " + e.getMessage();
    }
  }

  private String name(int i) {
    return name + "-" + i;
  }

  String address(int i) {
    return "10.77.0." + (i + 1);
  }

  /** What a command begins with, to run in one: as that process, and not as its child. */
  List<String> command(int i) {
    return List.of("ip", "netns", "exec", name(i));
  }

  /** From here on nothing that is sent in {@code from} arrives in {@code to}. */
  void cut(int from, int to) throws IOException, InterruptedException {
    ip("-n", name(from), "route", "replace", "blackhole", address(to));
  }

  /** One from all others, two from each other, or one of them from the other, one way. */
  void cutSome(SplittableRandom random) throws IOException, InterruptedException {
    int count = inside.size();
    int one = random.nextInt(count);
    int other = (one + 1 + random.nextInt(count - 1)) % count;
    switch (random.nextInt(3)) {
      case 0 -> {
        for (int i = 0; i < count; i++) {
          if (i != one) {
            part(one, i);
          }
        }
      }
      case 1 -> part(one, other);
      default -> cut(one, other);
    }
  }

  /** Neither reaches the other from here on. */
  void part(int one, int other) throws IOException, InterruptedException {
    cut(one, other);
    cut(other, one);
  }

  /** All arrives again. */
  void heal() throws IOException, InterruptedException {
    for (int i = 0; i < inside.size(); i++) {
      ip("-n", name(i), "route", "flush", "type", "blackhole");
    }
  }

  /** Loopback's {@code port} is from here on that of the loopback in {@code i}. */
  void forward(int i, int port) throws IOException {
    ServerSocketChannel listening = ServerSocketChannel.open();
    listening.bind(loopback(port));
    forwarders.add(listening);
    Thread.ofVirtual().start(() -> forward(i, port, listening));
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  private void forward(int i, int port, ServerSocketChannel listening) {
    while (true) {
      SocketChannel outer;
      try {
        outer = listening.accept();
      } catch (IOException e) {
        return; // closed
      }
      Thread.ofVirtual()
          .start(
              () -> {
                // A socket is of the namespace of the thread that makes it.
                try (outer;
                    SocketChannel inner = done(inside.get(i), SocketChannel::open)) {
                  inner.connect(loopback(port));
                  Thread back = Thread.ofVirtual().start(() -> copy(inner, outer));
                  copy(outer, inner);
                  back.join();
                } catch (IOException | InterruptedException e) {
                  // whoever called sees it closed
                }
              });
    }
  }

  private static void copy(SocketChannel from, SocketChannel to) {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try (from;
        to) {
      to.setOption(StandardSocketOptions.TCP_NODELAY, true);
      while (from.read(buffer) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        buffer.clear();
      }
    } catch (IOException e) {
      // one of them has ended: so does the other
    }
  }

  // ---- the system

  private static MethodHandle call(String function, ValueLayout first) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(function),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, first, ValueLayout.JAVA_INT));
  }

  /** The calling thread is in the namespace from here on. */
  private static int enter(String namespace) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom("/run/netns/" + namespace);
      int file = (int) OPEN.invokeExact(path, READ_ONLY);
      if (file < 0 || (int) SETNS.invokeExact(file, NET) != 0) {
        throw new IOException("namespace " + namespace + " can't be entered");
      }
      return file; // open for as long as the test runs
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private interface Task<T> {
    T run() throws IOException;
  }

  private static <T> T done(ExecutorService thread, Task<T> task)
      throws IOException, InterruptedException {
    try {
      return thread.submit(task::run).get();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  private static void ip(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + said.strip());
    }
  }

  @Override
  public void close() throws InterruptedException {
    inside.forEach(ExecutorService::shutdownNow);
    List<String> failed = new ArrayList<>();
    for (ServerSocketChannel each : forwarders) {
      try {
        each.close();
      } catch (IOException e) {
        failed.add(e.toString());
      }
    }
    for (String each : made) {
      try {
        ip("netns", "del", each);
      } catch (IOException e) {
        failed.add(e.toString());
      }
    }
    if (!failed.isEmpty()) {
      throw new IllegalStateException("left behind: " + failed);
    }
  }
}
