package dev.podpool.sandbox;

/** Neighbouring items as they were sent, and how far they have been taken. */
final class Run {
  final Function function;
  final long first;
  final boolean flushEach;
  long next;
  long end;
  private final byte[] payloads;
  private int position;
  private int length;

  Run(Function function, long first, int count, boolean flushEach, byte[] body, int position) {
    this.function = function;
    this.first = first;
    this.flushEach = flushEach;
    this.next = first;
    this.end = first + count;
    this.payloads = body;
    this.position = position;
  }

  /** Moves to the next item's input: {@link #offset} and {@link #length}. */
  void take() {
    int value = 0;
    int shift = 0;
    byte b;
    do {
      b = payloads[position++];
      value |= (b & 0x7f) << shift;
      shift += 7;
    } while (b < 0);
    length = value;
    position += value;
    next++;
  }

  byte[] payloads() {
    return payloads;
  }

  int offset() {
    return position - length;
  }

  int length() {
    return length;
  }
}
