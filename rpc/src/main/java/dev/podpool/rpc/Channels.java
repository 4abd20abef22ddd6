package dev.podpool.rpc;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.concurrent.TimeUnit;

/** Makes connections: TLS 1.3 where there is trust, else plain text, and that on loopback only. */
final class Channels {

  private static final long KEEP_ALIVE_SECONDS = 10;
  private static final int CONNECT_MILLIS_MAX = 3_000;

  static {
    String netty = "io.grpc.netty.shaded.io.netty.";
    // Java 24 and later warn on standard error of the native library that it would load, for a
    // speed that nobody needs here. The same for TLS, which is the JDK's.
    setUnlessSet(netty + "transport.noNative", "true");
    setUnlessSet(netty + "handler.ssl.noOpenSsl", "true");
    // Its allocator would bring in all of Java's flight recorder, for a tenth of a second.
    setUnlessSet(netty + "jfr.enabled", "false");
    // Seconds for which gRPC believes that a name has the same address: a queue that moves has
    // another.
    setUnlessSet("networkaddress.cache.ttl", "2");
  }

  private Channels() {}

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /**
   * A channel that connects when it is first used.
   *
   * @throws QueueUnreachableException if this endpoint can't be talked to as it is
   */
  static ManagedChannel to(Endpoint endpoint) throws QueueUnreachableException {
    Endpoint.Trust trust = endpoint.trust();
    NettyChannelBuilder builder;
    if (trust == null) {
      builder = NettyChannelBuilder.forAddress(loopback(endpoint)).usePlaintext();
    } else {
      builder =
          NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
              .sslContext(context(endpoint, trust))
              // Of several addresses one may be of a machine that is gone.
              .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS_MAX);
      if (trust.name() != null) {
        builder.overrideAuthority(trust.name());
      }
    }
    return builder
        .directExecutor()
        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .maxInboundMessageSize(QueueRpc.MESSAGE_BYTES_MAX)
        .disableRetry() // sessions and callers know better when to ask again
        .build();
  }

  /** The address itself: a name could mean another one a moment later. */
  private static InetSocketAddress loopback(Endpoint endpoint) throws QueueUnreachableException {
    InetAddress address;
    try {
      address = InetAddress.getByName(endpoint.host());
    } catch (UnknownHostException e) {
      throw new QueueUnreachableException(
          "there is no host " + endpoint.host() + "; see that the queue's address is right",
          false,
          e);
    }
    if (!address.isLoopbackAddress()) {
      throw new QueueUnreachableException(
          "the queue at "
              + endpoint
              + " is not on this machine, and without its authorities' certificates the key and all"
              + " data would go there unencrypted: give them (ca.crt of an access directory), or"
              + " forward a local port",
          true,
          null);
    }
    return new InetSocketAddress(address, endpoint.port());
  }

  private static SslContext context(Endpoint endpoint, Endpoint.Trust trust)
      throws QueueUnreachableException {
    try {
      var authorities =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(trust.authorities().getBytes(StandardCharsets.UTF_8)))
              .stream()
              .map(X509Certificate.class::cast)
              .toList();
      if (authorities.isEmpty()) {
        throw new CertificateException("there is none");
      }
      return GrpcSslContexts.configure(
              SslContextBuilder.forClient().trustManager(authorities), SslProvider.JDK)
          .protocols("TLSv1.3")
          .build();
    } catch (CertificateException | IOException e) {
      throw new QueueUnreachableException(
          "the certificates to trust the queue at "
              + endpoint
              + " by are not certificates in PEM: "
              + e.getMessage(),
          true,
          e);
    }
  }
}
