package dev.podpool.operator.local;

import dev.podpool.rpc.RuntimeDirectory;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A local runtime can't start, or not go on: its directory is in use, its queue damaged, … The
 * message says why, and what to do.
 */
public final class RuntimeUnusableException extends IOException {
  private static final long serialVersionUID = 1L;

  /** {@code directory} can't be made, read or written. */
  static RuntimeUnusableException of(Path directory, FileSystemException e) {
    String reason =
        switch (e) {
          case AccessDeniedException _ -> "permission denied";
          case NoSuchFileException _ -> "no such directory";
          case FileAlreadyExistsException _ -> "a file is in its place";
          default -> String.valueOf(e.getReason());
        };
    return new RuntimeUnusableException(
        "%s can't hold a runtime (%s: %s): give a directory that this user can write (%s)"
            .formatted(directory, e.getFile(), reason, RuntimeDirectory.VARIABLE));
  }

  RuntimeUnusableException(String message) {
    super(message);
  }
}
