package dev.podpool.examples.tutorial;

import com.sun.net.httpserver.HttpServer;
import dev.podpool.Podpool;
import dev.podpool.Pool;
import dev.podpool.SharedQueue;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * 25. A pool fetches pages, and a callback prints how long each is.
 *
 * <p>The pages are served by a process of the example's own, and not by this program: on a cluster
 * the pool's pods can't reach a laptop behind its router, but one another. Where NetworkPolicies
 * forbid that, this example fails, and says which page it could not get.
 */
public final class FetchPages {

  private static final List<String> PATHS = List.of("/10", "/2000", "/300000");

  private FetchPages() {}

  /** Serves pages as long as their paths say, in a process; tells where. */
  static void serve(SharedQueue<String> addresses) throws Exception {
    InetAddress here = Tutorial.address();
    HttpServer server = HttpServer.create(new InetSocketAddress(here, 0), 0);
    server.createContext(
        "/",
        exchange -> {
          int length = Integer.parseInt(exchange.getRequestURI().getPath().substring(1));
          byte[] page = "x".repeat(length).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    server.start();
    addresses.put("http://" + here.getHostAddress() + ":" + server.getAddress().getPort());
    Thread.sleep(Long.MAX_VALUE); // it is a daemon
  }

  record Page(String url, String text) {}

  static Page get(String url) throws IOException {
    try (InputStream in = URI.create(url).toURL().openStream()) {
      return new Page(url, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /** The number of processes in the pool. */
  public static void main(String... arguments) throws Exception {
    Tutorial tutorial = Tutorial.of(arguments);
    int workers = tutorial.number("workers", 5);
    try (Podpool podpool = tutorial.podpool();
        Pool pool = tutorial.pool(podpool, workers)) {
      SharedQueue<String> addresses = podpool.queue(String.class);
      podpool.process(FetchPages::serve, addresses).daemon(true).start();
      String server = addresses.get();
      for (String path : PATHS) {
        var _ =
            pool.applyAsync(FetchPages::get, server + path)
                .onSuccess(page -> System.out.println(page.url() + "    " + page.text().length()))
                .onError(failure -> System.out.println(server + path + ": " + failure));
      }
      pool.shutdown();
      pool.join();
    }
  }
}
