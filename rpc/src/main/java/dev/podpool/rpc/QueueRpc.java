package dev.podpool.rpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobPiece;
import dev.podpool.protocol.OutputQuery;
import dev.podpool.protocol.PoolsChange;
import dev.podpool.protocol.PoolsWatch;
import dev.podpool.protocol.ReadRequest;
import dev.podpool.protocol.ReadResponse;
import dev.podpool.protocol.Request;
import dev.podpool.protocol.Response;
import dev.podpool.protocol.TaskOutput;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** The calls of a queue service. Their messages are protocol's. */
public final class QueueRpc {

  /** Full name of the service. */
  public static final String SERVICE = "podpool.v1.Queue";

  /** Largest message that either side takes. */
  public static final int MESSAGE_BYTES_MAX = 32 << 20;

  /** Proof of identity: {@code Bearer <key>}. */
  public static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /**
   * With the UNAVAILABLE of a replica that follows: where clients reach the one that leads, {@code
   * host:port}; empty where it does not know, and another of them may.
   */
  public static final Metadata.Key<String> LEADER =
      Metadata.Key.of("podpool-leader", Metadata.ASCII_STRING_MARSHALLER);

  /** One session, both ways, for as long as the connection lasts. */
  public static final MethodDescriptor<Request, Response> CONVERSE =
      method("Converse", MethodType.BIDI_STREAMING, Request.parser(), Response.parser());

  /** One question. */
  public static final MethodDescriptor<ReadRequest, ReadResponse> READ =
      method("Read", MethodType.UNARY, ReadRequest.parser(), ReadResponse.parser());

  /** The bytes of a blob, in order; NOT_FOUND where it is not there or not complete. */
  public static final MethodDescriptor<Blob, BlobPiece> FETCH_BLOB =
      method("FetchBlob", MethodType.SERVER_STREAMING, Blob.parser(), BlobPiece.parser());

  /** What a worker's items print, for those who follow. Never answered but at its end. */
  public static final MethodDescriptor<TaskOutput, TaskOutput> PUBLISH_OUTPUT =
      method(
          "PublishOutput", MethodType.CLIENT_STREAMING, TaskOutput.parser(), TaskOutput.parser());

  /** What items have printed and print: lossy, and as long as somebody listens. */
  public static final MethodDescriptor<OutputQuery, TaskOutput> FOLLOW_OUTPUT =
      method(
          "FollowOutput", MethodType.SERVER_STREAMING, OutputQuery.parser(), TaskOutput.parser());

  /**
   * All pools, and then what changes about them, for whoever runs them; who says in return what it
   * has published.
   */
  public static final MethodDescriptor<PoolsWatch, PoolsChange> WATCH_POOLS =
      method("WatchPools", MethodType.BIDI_STREAMING, PoolsWatch.parser(), PoolsChange.parser());

  private QueueRpc() {}

  private static <Q extends MessageLite, A extends MessageLite> MethodDescriptor<Q, A> method(
      String name, MethodType type, Parser<Q> questions, Parser<A> answers) {
    return MethodDescriptor.<Q, A>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .setRequestMarshaller(new Messages<>(questions))
        .setResponseMarshaller(new Messages<>(answers))
        .build();
  }

  /**
   * A message as its bytes: all that is needed of grpc-protobuf, without what that brings along.
   */
  private record Messages<T extends MessageLite>(Parser<T> parser)
      implements MethodDescriptor.Marshaller<T> {

    @Override
    public InputStream stream(T message) {
      return new Bytes(message.toByteArray());
    }

    @Override
    public T parse(InputStream stream) {
      try {
        CodedInputStream in = CodedInputStream.newInstance(stream.readAllBytes());
        // Nested deeper than anything of ours: refused, and not a stack overflow.
        in.setRecursionLimit(32);
        T message = parser.parseFrom(in);
        in.checkLastTagWas(0);
        return message;
      } catch (IOException e) {
        throw Status.INVALID_ARGUMENT
            .withDescription("a message is malformed: " + e.getMessage())
            .withCause(e)
            .asRuntimeException();
      }
    }
  }

  private static final class Bytes extends ByteArrayInputStream implements KnownLength {
    Bytes(byte[] bytes) {
      super(bytes);
    }
  }
}
