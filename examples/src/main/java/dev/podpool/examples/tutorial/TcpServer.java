package dev.podpool.examples.tutorial;

import dev.podpool.Connection;
import dev.podpool.Pipe;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * 22. A TCP server whose clients are served by a pool, as many at once as it has processes.
 *
 * <p>The tutorial gives the socket to a process. A socket is an end of a connection of this
 * machine, and can't go to another one, where a pod runs. A pipe can: the process talks to an end
 * of one, and the server passes on what comes from either side.
 */
public final class TcpServer {

  private TcpServer() {}

  /** Serves one client, in a process of the pool; returns how often it greeted. */
  static int converse(Connection<String> client) throws Exception {
    try (client) {
      for (int greetings = 1; ; greetings++) {
        client.send("hello");
        String said = client.recv();
        if (said.equals("q")) {
          return greetings;
        }
        System.out.println("a client says " + said);
      }
    }
  }

  /** Serves all that come, until {@code server} is closed. */
  static void serve(ServerSocket server, Podpool podpool, Pool pool) {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Pipe<String> pipe = podpool.pipe(String.class);
        // Held here until the process has closed its own: a pipe that nobody holds has ended.
        var _ =
            pool.applyAsync(TcpServer::converse, pipe.second())
                .toCompletableFuture()
                .whenComplete((greetings, failure) -> pipe.second().close());
        Thread.startVirtualThread(() -> passOn(socket, pipe.first()));
        Thread.startVirtualThread(() -> passOn(pipe.first(), socket));
      } catch (IOException e) {
        // Closed, or a client that was gone at once.
      }
    }
  }

  /** What the client says, to the process; who hangs up has said q. */
  private static void passOn(Socket from, Connection<String> to) {
    try {
      BufferedReader lines = lines(from);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        to.send(line);
      }
    } catch (IOException | InterruptedException e) {
      // The client is gone, or its process has ended.
    }
    try {
      to.send("q");
    } catch (IOException | InterruptedException | IllegalStateException e) {
      // It was said before.
    }
  }

  /** What the process says, to the client; hangs up when the process has ended. */
  private static void passOn(Connection<String> from, Socket to) {
    try (to;
        from) {
      PrintWriter lines = printer(to);
      while (true) {
        lines.println(from.recv());
      }
    } catch (EOFException e) {
      // The process has ended.
    } catch (IOException | InterruptedException e) {
      // The client is gone.
    }
  }

  private static BufferedReader lines(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  private static PrintWriter printer(Socket socket) throws IOException {
    return new PrintWriter(socket.getOutputStream(), true, StandardCharsets.UTF_8);
  }

  /** A client: is greeted, says something, is greeted again, and says q. */
  private static void call(int number, int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      BufferedReader lines = lines(socket);
      PrintWriter printer = printer(socket);
      System.out.println("client " + number + " hears " + lines.readLine());
      printer.println("I am client " + number);
      System.out.println("client " + number + " hears " + lines.readLine());
      printer.println("q");
      System.out.println("client " + number + " hears " + lines.readLine());
    } catch (IOException e) {
      System.out.println("client " + number + " fails: " + e);
    }
  }

  /** The number of processes in the pool, and of clients; with none, it serves yours. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int workers = tutorial.number("workers", 5);
    int clients = tutorial.number("clients", 3, 0);
    try (Podpool podpool = tutorial.podpool();
        Pool pool = tutorial.pool(podpool, workers);
        ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      int port = server.getLocalPort();
      Thread serving = Thread.startVirtualThread(() -> serve(server, podpool, pool));
      System.out.println("listening; come with: nc 127.0.0.1 " + port);
      List<Thread> calling = new ArrayList<>();
      for (int client = 1; client <= clients; client++) {
        int number = client;
        calling.add(Thread.startVirtualThread(() -> call(number, port)));
      }
      for (Thread each : calling.isEmpty() ? List.of(serving) : calling) {
        each.join();
      }
    }
  }
}
