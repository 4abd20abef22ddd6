package dev.podpool.sandbox;

/**
 * What a supervisor and its child say to each other. A frame is the number of the bytes that follow
 * (int), a type (byte) and a body; integers are big-endian, a text is its length in bytes (int) and
 * UTF-8. Both ends come from the same build, so there is one version only.
 */
public final class Frames {
  /**
   * To the child: id (int), number of archives (int), their files (text each), reference. Names a
   * function, or replaces the one of that id. The archives are the class path that it came with, in
   * order; none: the child's own.
   */
  public static final byte FUNCTION = 1;

  /**
   * To the child: function id (int), first sequence (long), count (int), {@link #FLUSH_EACH} or 0
   * (byte), payloads as in the protocol's Payloads. Sequences are consecutive.
   */
  public static final byte RUN = 2;

  /**
   * To the child: sequence (long). Forget what was sent from there on; the next run begins there.
   */
  public static final byte REVOKE = 3;

  /**
   * To the child, first of all: 0, or 1 and an initializer's reference, its length before it (int),
   * and input.
   */
  public static final byte INIT = 4;

  /**
   * To the child, over its connection for the queue as all that begins so: session (int), call
   * (long), a Reply of the protocol, which is empty where the operation was simply done.
   */
  public static final byte QUEUE_REPLY = 5;

  /**
   * To the child: session (int), a Refusal that says why it is over. What was sent in it and is not
   * answered is not known to be applied; what is still sent in it is dropped.
   */
  public static final byte QUEUE_SESSION_OVER = 6;

  /** To the child, on the connection of QUEUE_HELLO: session (int), a Delivery. */
  public static final byte QUEUE_DELIVERY = 25;

  /**
   * To the child: question (long), {@link #ANSWERED} and a ReadResponse, or {@link #FAILED} or
   * {@link #FAILED_FOR_GOOD} and why (text).
   */
  public static final byte QUEUE_ANSWER = 7;

  /** From the child, first of all on a second connection: its token, for the queue's frames. */
  public static final byte QUEUE_HELLO = 22;

  /**
   * From the child: session (int), call (long), an Operation of the protocol. Sessions are numbered
   * from 1 on; with the first operation in it, one is opened. Applied in the order in which they
   * are sent, and answered once each.
   */
  public static final byte QUEUE_OPERATION = 23;

  /** From the child: question (long), a ReadRequest of the protocol. */
  public static final byte QUEUE_QUESTION = 24;

  /** In {@link #QUEUE_ANSWER}. */
  public static final byte ANSWERED = 0;

  /** In {@link #QUEUE_ANSWER}: asking again may help. */
  public static final byte FAILED = 1;

  /** In {@link #QUEUE_ANSWER}: asking again is of no use. */
  public static final byte FAILED_FOR_GOOD = 2;

  /** Argument of the child's program, behind the others: its pool shares objects. */
  public static final String SHARES = "shares";

  /** From the child, first of all: the token that it got on its standard input. */
  public static final byte HELLO = 16;

  /** From the child: initialized; items may be sent. */
  public static final byte READY = 17;

  /** From the child, last of all: a failure, as in {@link #FAILURE}. */
  public static final byte INIT_FAILED = 18;

  /** From the child: first sequence (long), count (int), nanoseconds taken (long), payloads. */
  public static final byte RESULTS = 19;

  /**
   * From the child: sequence (long), kind (byte), fatal (byte), nanoseconds taken (long), type
   * (text), message (text), stack (text, lines). Fatal: it's the child's last, which then ends.
   */
  public static final byte FAILURE = 20;

  /** From the child: sequence or -1 (long), 1 or 2 as file descriptors (byte), bytes. */
  public static final byte OUTPUT = 21;

  /** Flag of {@link #RUN}: give back each outcome before the next item begins. */
  public static final byte FLUSH_EACH = 1;

  /** Bytes before a frame's body. */
  public static final int HEADER_BYTES = 5;

  /** Largest result, and largest frame but for its header. Same as the largest payload. */
  public static final int PAYLOAD_BYTES_MAX = 64 << 20;

  /** Beside the socket, where the supervisor keeps code that travelled: goes with it. */
  public static final String CODE_DIRECTORY = "code";

  /** Characters of the token. */
  public static final int TOKEN_LENGTH = 32;

  /** Exit code of a child that ran out of memory and could not even say so. */
  public static final int EXIT_OUT_OF_MEMORY = 79;

  /** Numbers are those of the protocol's FailureKind. */
  public static final byte THREW = 1;

  public static final byte CODE_MISMATCH = 3;
  public static final byte FUNCTION_NOT_FOUND = 4;
  public static final byte INPUT_NOT_DECODED = 5;
  public static final byte RESULT_NOT_ENCODED = 6;

  private Frames() {}
}
