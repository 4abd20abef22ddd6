package dev.podpool.cli;

import dev.podpool.ConfigurationException;
import dev.podpool.NotFoundException;
import dev.podpool.PodpoolException;
import dev.podpool.UnreachableException;
import dev.podpool.crd.Durations;
import dev.podpool.crd.ManifestException;
import dev.podpool.function.CaptureException;
import dev.podpool.function.EncodeException;
import dev.podpool.function.FunctionNotFoundException;
import dev.podpool.operator.local.RuntimeUnusableException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;

/** The command's entry. */
public final class Main {

  // Held, as the JDK holds loggers weakly.
  private static final Logger GRPC = Logger.getLogger("io.grpc");
  private static final Logger KUBERNETES = Logger.getLogger("io.fabric8");

  private Main() {}

  /** See {@code podpool --help}. */
  public static void main(String[] arguments) {
    // What it has to say of connections, the command says in its own words.
    GRPC.setLevel(Level.OFF);
    KUBERNETES.setLevel(Level.OFF);
    System.exit(run(Shell.ofProcess(), arguments));
  }

  /** Runs one command, and returns its exit code. */
  static int run(Shell shell, String... arguments) {
    CommandLine line = Commands.line(shell, arguments);
    line.setOut(new PrintWriter(shell.out(), true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(shell.err(), true, StandardCharsets.UTF_8));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.registerConverter(Duration.class, Main::duration);
    line.setParameterExceptionHandler(
        (e, given) -> {
          shell.complain(String.valueOf(e.getMessage()));
          String command = e.getCommandLine().getCommandSpec().qualifiedName();
          shell.err().println("See " + command + " --help.");
          return ExitCode.USAGE.code;
        });
    line.setExecutionExceptionHandler((e, command, parsed) -> failed(shell, e).code);
    int code = execute(line, shell, arguments);
    if (code == ExitCode.OK.code && shell.out().checkError()) {
      shell.complain("standard output could not be written: what was printed is not all there");
      return ExitCode.FAILED.code;
    }
    return code;
  }

  private static int execute(CommandLine line, Shell shell, String... arguments) {
    try {
      return line.execute(arguments);
    } catch (OutOfMemoryError e) {
      shell.complain(
          "out of memory (%s): ask for less at once, or give it more: JAVA_TOOL_OPTIONS=-Xmx2g"
              .formatted(e.getMessage()));
    } catch (LinkageError e) {
      shell.complain(
          "a class is not there, or not as it was built (%s): if a build was under way, call again"
              .formatted(e));
    } catch (Error e) { // which picocli passes on
      broken(shell, e);
    }
    return ExitCode.BROKEN.code;
  }

  private static void broken(Shell shell, Throwable e) {
    shell.complain("an error in Podpool; please report it:");
    e.printStackTrace(shell.err());
  }

  /** As manifests have them, and not as ISO 8601. */
  private static Duration duration(String text) {
    try {
      return Durations.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CommandLine.TypeConversionException(e.getMessage());
    }
  }

  private static ExitCode failed(Shell shell, Exception e) {
    ExitCode exit =
        switch (e) {
          case CommandException own -> own.exit;
          case NotFoundException _ -> ExitCode.NOT_FOUND;
          case ConfigurationException _ -> ExitCode.USAGE;
          case UnreachableException _ -> ExitCode.UNREACHABLE;
          case RuntimeUnusableException _ -> ExitCode.UNREACHABLE;
          case ManifestException _ -> ExitCode.USAGE;
          case CaptureException _ -> ExitCode.USAGE;
          case EncodeException _ -> ExitCode.USAGE;
          case FunctionNotFoundException _ -> ExitCode.USAGE;
          case IllegalArgumentException _ -> ExitCode.USAGE;
          case PodpoolException _ -> ExitCode.FAILED;
          case CancellationException _ -> ExitCode.FAILED;
          case IOException _ -> ExitCode.FAILED;
          case UncheckedIOException _ -> ExitCode.FAILED; // of standard input or output
          default -> ExitCode.BROKEN;
        };
    if (Interrupt.hasCome()) {
      return exit; // the process ends with its own code
    }
    if (exit == ExitCode.BROKEN) {
      broken(shell, e);
    } else {
      shell.complain(String.valueOf(e.getMessage()));
    }
    return exit;
  }
}
