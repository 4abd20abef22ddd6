package dev.podpool;

import java.io.IOException;

/** Something was sent into a pipe whose other end nobody holds any more. It is lost. */
public final class BrokenPipeException extends IOException {
  private static final long serialVersionUID = 1;

  BrokenPipeException(String message) {
    super(message);
  }
}
