package dev.podpool.queue.front;

import com.google.protobuf.UnsafeByteOperations;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobPiece;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Blobs' bytes, read from the disk as fast as the caller takes them. */
final class BlobCalls implements ServerCallHandler<Blob, BlobPiece> {

  private static final int PIECE_BYTES = 256 << 10;

  private final BlobReader blobs;
  private final Executor disk;

  BlobCalls(BlobReader blobs, Executor disk) {
    this.blobs = blobs;
    this.disk = disk;
  }

  @Override
  public ServerCall.Listener<Blob> startCall(ServerCall<Blob, BlobPiece> call, Metadata headers) {
    call.request(1);
    return new Reading(call);
  }

  private final class Reading extends ServerCall.Listener<Blob> {

    private final ServerCall<Blob, BlobPiece> call;
    private @Nullable InputStream in; // guarded by this
    private boolean over; // guarded by this

    Reading(ServerCall<Blob, BlobPiece> call) {
      this.call = call;
    }

    @Override
    public void onMessage(Blob blob) {
      disk.execute(() -> start(blob));
    }

    @Override
    public void onReady() {
      disk.execute(this::send);
    }

    @Override
    public synchronized void onCancel() {
      over = true;
      closeFile();
    }

    private synchronized void start(Blob blob) {
      try {
        in = blobs.open(blob);
      } catch (IOException e) {
        end(Status.INTERNAL.withDescription("the blob can't be read: " + e.getMessage()));
        return;
      }
      if (in == null) {
        end(Status.NOT_FOUND.withDescription("the blob is not there, or not complete"));
        return;
      }
      call.sendHeaders(new Metadata());
      send();
    }

    private synchronized void send() {
      try {
        while (in != null && !over && call.isReady()) {
          byte[] piece = in.readNBytes(PIECE_BYTES);
          if (piece.length == 0) {
            end(Status.OK);
            return;
          }
          call.sendMessage(
              BlobPiece.newBuilder().setData(UnsafeByteOperations.unsafeWrap(piece)).build());
        }
      } catch (IOException e) {
        end(Status.INTERNAL.withDescription("the blob can't be read: " + e.getMessage()));
      }
    }

    private synchronized void end(Status status) {
      if (!over) {
        over = true;
        closeFile();
        call.close(status, new Metadata());
      }
    }

    private void closeFile() {
      if (in != null) {
        try {
          in.close();
        } catch (IOException e) {
          // It was only read.
        }
        in = null;
      }
    }
  }
}
