package dev.podpool.cli;

import dev.podpool.rpc.RuntimeDirectory;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command has around it.
 *
 * @param environment variables
 * @param home of the user
 * @param isTerminal whether standard error is one: then progress is shown
 */
record Shell(
    Map<String, String> environment,
    Path home,
    InputStream in,
    PrintStream out,
    PrintStream err,
    boolean isTerminal) {

  /** This process's. */
  static Shell ofProcess() {
    return new Shell(
        System.getenv(),
        Path.of(System.getProperty("user.home")),
        System.in,
        utf8(FileDescriptor.out),
        utf8(FileDescriptor.err),
        // Java itself cannot tell of standard error alone; the launcher can.
        "true".equals(System.getProperty("podpool.terminal")));
  }

  /** JSON is UTF-8, whatever the locale. Each print goes out at once. */
  private static PrintStream utf8(FileDescriptor to) {
    return new PrintStream(new Pipe(to), false, StandardCharsets.UTF_8);
  }

  /**
   * Takes whatever comes once nobody reads any more, as {@code head} does when it has enough: that
   * is no error of ours.
   */
  private static final class Pipe extends FileOutputStream {

    Pipe(FileDescriptor to) {
      super(to);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      try {
        super.write(bytes, offset, count);
      } catch (IOException e) {
        if (!"Broken pipe".equals(e.getMessage())) { // the JDK has no type for it
          throw e;
        }
      }
    }
  }

  /** The user's runtime on this machine. */
  RuntimeDirectory directory() {
    return RuntimeDirectory.of(environment, home);
  }

  /** A line of something that did not go well. */
  void complain(String message) {
    err.println("podpool: " + message);
  }
}
