package dev.podpool.queue;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.Payloads;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;

/** Runs of payloads that are words. A word may be a blob's bytes: the run says so then. */
final class TestPayloads {

  private TestPayloads() {}

  /** How the bytes of a Blob begin: the tag of its SHA-256, and 32. */
  private static final String BLOB = "\n ";

  /** A blob of up to 127 bytes; no bytes have this SHA-256, which nobody here compares. */
  static Blob blob(String name, int sizeBytes) {
    String sha256 = (name + "-".repeat(Blobs.SHA256_BYTES)).substring(0, Blobs.SHA256_BYTES);
    return Blob.newBuilder()
        .setSha256(ByteString.copyFromUtf8(sha256))
        .setSizeBytes(sizeBytes)
        .build();
  }

  /** What stands for {@code blob} among words: its bytes, which are all below 128. */
  static String word(Blob blob) {
    String size = blob.getSizeBytes() == 0 ? "" : "\20" + (char) blob.getSizeBytes();
    return BLOB + blob.getSha256().toStringUtf8() + size;
  }

  static boolean isBlob(String word) {
    return word.startsWith(BLOB);
  }

  /** What {@link #word} has made a word of. */
  static Blob blob(String word) {
    try {
      return Blob.parseFrom(ByteString.copyFromUtf8(word));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

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
        .addAllBlobs(blobsOf(List.copyOf(words)))
        .build();
  }

  private static List<Integer> blobsOf(List<String> words) {
    return IntStream.range(0, words.size()).filter(i -> isBlob(words.get(i))).boxed().toList();
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
    if (!blobsOf(words).equals(payloads.getBlobsList())) {
      throw new AssertionError("blobs at " + payloads.getBlobsList() + ", but: " + words);
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
