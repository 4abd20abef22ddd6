package dev.podpool.queue.blobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.Snapshot;
import dev.podpool.testing.disk.LossyDisk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlobFilesTest {

  private static final Blob SIX = blob(1, 6);
  private static final Blob OTHER = blob(2, 3);

  @TempDir private Path directory;
  private BlobFiles files;

  @BeforeEach
  void open() throws IOException {
    files = new BlobFiles(directory.resolve("blobs"));
  }

  private static Blob blob(int first, long size) {
    byte[] sha256 = new byte[32];
    sha256[0] = (byte) first;
    return Blob.newBuilder().setSha256(ByteString.copyFrom(sha256)).setSizeBytes(size).build();
  }

  private static Snapshot listing(Blob blob, long received) {
    return Snapshot.newBuilder()
        .addBlobs(BlobSnapshot.newBuilder().setBlob(blob).setReceivedBytes(received))
        .build();
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private String read(Blob blob) throws IOException {
    try (var in = files.open(blob)) {
      return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void piecesMakeABlobThatCanBeReadOnceItIsComplete() throws IOException {
    files.write(SIX, 0, bytes("abc"));
    assertThat(read(SIX)).isNull();
    files.write(SIX, 3, bytes("def"));
    assertThat(read(SIX)).isEqualTo("abcdef");
    files.write(SIX, 0, bytes("abc")); // the log is read again
    assertThat(read(SIX)).isEqualTo("abcdef");
    assertThat(read(OTHER)).isNull();
  }

  @Test
  void whatAnEarlierProcessWroteIsMadeDurableToo() throws IOException {
    for (int way = 0; way < 20; way++) {
      LossyDisk disk = new LossyDisk();
      Path on = Files.createDirectory(disk.getPath("/data")).resolve("blobs");
      new BlobFiles(on).write(SIX, 0, bytes("abcdef"));

      BlobFiles next = new BlobFiles(on);
      assertThat(next.has(listing(SIX, 6).getBlobs(0))).isTrue();
      next.sync(listing(SIX, 6));
      disk.losePower(new SplittableRandom(way), true);

      files = new BlobFiles(on);
      assertThat(read(SIX)).isEqualTo("abcdef");
    }
  }

  @Test
  void onlyItsUserCanReadABlob() throws IOException {
    files.write(SIX, 0, bytes("abcdef"));
    try (var all = Files.list(directory.resolve("blobs"))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(all.toList().get(0))))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void whatASnapshotDoesNotListIsForgotten() throws IOException {
    files.write(SIX, 0, bytes("abcdef"));
    files.write(OTHER, 0, bytes("xyz"));
    files.sync(listing(SIX, 6));
    files.restore(listing(SIX, 6));
    assertThat(read(SIX)).isEqualTo("abcdef");
    assertThat(read(OTHER)).isNull();
  }

  @Test
  void whatIsForgottenIsKeptWhileARestartMayBeginWithASnapshotThatListsIt() throws IOException {
    files.write(SIX, 0, bytes("abcdef"));
    files.sync(listing(SIX, 6));
    files.begin(listing(SIX, 6));
    files.forget(SIX);

    files.restore(listing(SIX, 6)); // a restart
    assertThat(read(SIX)).isEqualTo("abcdef");

    files.forget(SIX);
    files.begin(listing(OTHER, 0));
    assertThat(read(SIX)).isNull();
  }

  @Test
  void whatComesAgainIsForgottenNoMore() throws IOException {
    files.write(SIX, 0, bytes("abcdef"));
    files.forget(SIX);
    files.write(SIX, 0, bytes("abc"));
    files.begin(listing(OTHER, 0));
    assertThat(read(SIX)).isEqualTo("abcdef");
  }

  @Test
  void aBlobThatHasLostBytesIsNotStartedFrom() {
    files.write(SIX, 0, bytes("abc"));
    assertThatThrownBy(() -> files.restore(listing(SIX, 6)))
        .hasMessageContaining("has 3 bytes, and the snapshot lists 6");
    assertThatThrownBy(() -> files.restore(listing(OTHER, 3)))
        .hasMessageContaining("has 0 bytes, and the snapshot lists 3");
  }
}
