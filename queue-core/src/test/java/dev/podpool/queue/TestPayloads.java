package dev.podpool.queue;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import dev.podpool.protocol.Payloads;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** Runs of payloads that are words. */
final class TestPayloads {

  private TestPayloads() {}

  static Payloads of(String... words) {
    return of(Arrays.asList(words));
  }

  static Payloads of(Collection<String> words) {
    var data = new ByteArrayOutputStream();
    for (String word : words) {
      byte[] bytes = word.getBytes(java.nio.charset.StandardCharsets.UTF_8);
      int length = bytes.length;
      for (; length > 0x7f; length >>>= 7) {
        data.write((length & 0x7f) | 0x80);
      }
      data.write(length);
      data.writeBytes(bytes);
    }
    return Payloads.newBuilder()
        .setCount(words.size())
        .setData(ByteString.copyFrom(data.toByteArray()))
        .build();
  }

  static List<String> words(Payloads payloads) {
    List<String> words = new ArrayList<>();
    CodedInputStream in = payloads.getData().newCodedInput();
    try {
      while (!in.isAtEnd()) {
        words.add(in.readBytes().toStringUtf8());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (words.size() != payloads.getCount()) {
      throw new AssertionError(payloads.getCount() + " promised, but: " + words);
    }
    return words;
  }

  static ByteString id(String name) {
    byte[] bytes = name.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    if (bytes.length > 16) {
      throw new IllegalArgumentException(name + " is longer than 16 bytes");
    }
    return ByteString.copyFrom(Arrays.copyOf(bytes, 16));
  }
}
