package dev.podpool;

/** A cause of a remote failure; its message begins with the class, which this JVM may not have. */
final class RemoteException extends RuntimeException {

  private static final long serialVersionUID = 1;

  RemoteException(String description, StackTraceElement[] stack) {
    super(description); // its cause, if any, is set later
    setStackTrace(stack);
  }
}
