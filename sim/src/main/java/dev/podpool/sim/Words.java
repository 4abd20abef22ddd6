package dev.podpool.sim;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import dev.podpool.protocol.Payloads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Payloads that are words. */
final class Words {

  private Words() {}

  static Payloads of(List<String> words) {
    ByteString.Output data = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(data);
    try {
      for (String word : words) {
        out.writeStringNoTag(word);
      }
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Payloads.newBuilder().setCount(words.size()).setData(data.toByteString()).build();
  }

  static List<String> in(Payloads payloads) {
    List<String> words = new ArrayList<>();
    CodedInputStream in = payloads.getData().newCodedInput();
    try {
      while (!in.isAtEnd()) {
        words.add(in.readBytes().toStringUtf8());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return words;
  }
}
