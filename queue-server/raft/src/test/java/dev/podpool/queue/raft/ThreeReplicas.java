package dev.podpool.queue.raft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.protocol.Blob;
import dev.podpool.protocol.BlobSnapshot;
import dev.podpool.protocol.Snapshot;
import dev.podpool.testing.Authority;
import dev.podpool.testing.Ports;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.bouncycastle.asn1.x509.GeneralName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Three replicas of one log in this process, with a network of TLS between them. */
abstract class ThreeReplicas {

  static final int REPLICAS = 3;
  static final byte[] BLOB = new byte[3_000_000]; // several pieces

  static {
    new SplittableRandom(1).nextBytes(BLOB);
  }

  @TempDir Path directory;
  final List<Throwable> failures = new CopyOnWriteArrayList<>();
  final List<Peer> peers = new ArrayList<>();
  final RatisLog[] logs = new RatisLog[REPLICAS];
  final Numbered[] replicas = new Numbered[REPLICAS];
  Authority authority;

  @BeforeEach
  void startAll() throws Exception {
    authority = new Authority("replicas");
    for (int i = 0; i < REPLICAS; i++) {
      peers.add(new Peer("queue-" + i, "127.0.0.1:" + Ports.free()));
    }
    for (int i = 0; i < REPLICAS; i++) {
      start(i, BLOB);
    }
    for (RatisLog log : logs) {
      await(() -> log.leader() != null); // from here on any two of them are enough
    }
  }

  @AfterEach
  void closeAll() {
    Arrays.stream(logs).parallel().forEach(RatisLog::close); // each takes a second
    assertThat(failures).isEmpty();
  }

  /** One whose snapshots list a blob, which it has or gets from another. */
  static final class Holding extends Numbered {

    volatile byte[] blob;

    Holding(byte[] blob) {
      this.blob = blob;
    }

    @Override
    public Snapshot snapshot() {
      return super.snapshot().toBuilder()
          .addBlobs(
              BlobSnapshot.newBuilder()
                  .setBlob(Blob.newBuilder().setSizeBytes(BLOB.length))
                  .setReceivedBytes(BLOB.length))
          .build();
    }

    @Override
    public boolean has(BlobSnapshot listed) {
      return blob != null;
    }

    @Override
    public InputStream open(BlobSnapshot listed) {
      return new ByteArrayInputStream(blob);
    }

    @Override
    public void take(BlobSnapshot listed, Iterator<byte[]> pieces) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      pieces.forEachRemaining(all::writeBytes);
      blob = all.toByteArray();
    }
  }

  void start(int i) throws Exception {
    start(i, new Holding(null));
  }

  void start(int i, byte[] blob) throws Exception {
    start(i, new Holding(blob));
  }

  /** Of a later release. */
  void startUpdated(int i) throws Exception {
    Holding updated = new Holding(BLOB);
    updated.update();
    start(i, updated);
  }

  private void start(int i, Numbered replica) throws Exception {
    replicas[i] = replica;
    logs[i] = new RatisLog(settings(i, authority));
    logs[i].start(replica);
  }

  RatisSettings settings(int i, Authority by) throws Exception {
    return alone(i).withPeers(peers.get(i).name(), peers, network(i, by));
  }

  RatisSettings alone(int i) {
    return RatisSettings.of(directory.resolve("" + i), this::failed)
        .withEntryBytesMax(16 << 10)
        .withSnapshotLogBytes(500_000);
  }

  private void failed(Throwable failure) {
    failures.add(failure);
    for (Numbered replica : replicas) {
      replica.wake();
    }
  }

  PeerNetwork network(int i, Authority by) throws Exception {
    String address = peers.get(i).address();
    int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
    return new PeerNetwork(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port), identity(by), trust(by));
  }

  void stop(int i) {
    logs[i].close();
    replicas[i] = new Numbered();
  }

  void loseDisk(int i) throws Exception {
    stop(i);
    try (var files = Files.walk(directory.resolve("" + i))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  static X509ExtendedKeyManager identity(Authority by) throws Exception {
    return identity(by, "127.0.0.1");
  }

  static X509ExtendedKeyManager identity(Authority by, String address) throws Exception {
    KeyPair pair = Authority.pair();
    X509Certificate certificate =
        by.sign(
            pair.getPublic(),
            new GeneralName[] {new GeneralName(GeneralName.iPAddress, address)},
            Duration.ofHours(1));
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "replica", pair.getPrivate(), new char[0], new X509Certificate[] {certificate});
    KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
    factory.init(store, new char[0]);
    return (X509ExtendedKeyManager) factory.getKeyManagers()[0];
  }

  static X509ExtendedTrustManager trust(Authority authority) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("authority", authority.certificate());
    TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
  }

  /** Waits until one of them leads, and knows that it does. */
  int leader() throws Exception {
    int[] leader = {-1};
    await(
        () -> {
          for (int i = 0; i < REPLICAS; i++) {
            if (replicas[i].leads()) {
              leader[0] = i;
            }
          }
          return leader[0] >= 0;
        });
    return leader[0];
  }

  static void await(BooleanSupplier condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("waited for a minute").isNegative();
      Thread.sleep(20);
    }
  }

  /**
   * Appends the entries from {@code first} to {@code last} by whoever leads; gives who did last.
   */
  int append(int first, int last, int bytes) throws Exception {
    int leader = leader();
    for (int number = first; number <= last; ) {
      Numbered replica = replicas[leader];
      int next = number;
      if (replica.applied() < next) {
        logs[leader].append(Numbered.entry(next, bytes));
      }
      replica.await(() -> replica.applied() >= next || !replica.leads());
      if (replica.applied() >= next) {
        number++;
      } else {
        leader = leader(); // who has applied it, if it was kept
      }
    }
    return leader;
  }

  void awaitApplied(int count, int bytes) throws Exception {
    for (Numbered replica : replicas) {
      replica.await(() -> replica.applied() >= count);
      assertThat(replica.hash()).isEqualTo(Numbered.hashAfter(count, bytes));
    }
  }

  boolean hasCaughtUp(int i) {
    try {
      logs[i].catchUp().get(60, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException e) {
      return false;
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }
}
