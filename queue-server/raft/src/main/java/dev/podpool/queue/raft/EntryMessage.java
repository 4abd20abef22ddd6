package dev.podpool.queue.raft;

import dev.podpool.protocol.Entry;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/** An entry on its way into the log, beside its bytes: who appends it need not read it again. */
record EntryMessage(Entry entry, ByteString content) implements Message {

  static EntryMessage of(Entry entry) {
    return new EntryMessage(entry, UnsafeByteOperations.unsafeWrap(entry.toByteArray()));
  }

  @Override
  public ByteString getContent() {
    return content;
  }

  @Override
  public String toString() {
    return "entry of " + content.size() + " bytes"; // never what is in it
  }
}
