package dev.podpool.queue;

import com.google.protobuf.ByteString;
import dev.podpool.protocol.OpenSession;
import java.util.Collection;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/** All live sessions, by number and by nonce. */
final class Sessions {

  private final LinkedHashMap<Long, SessionState> byId = new LinkedHashMap<>();
  private final LinkedHashMap<ByteString, SessionState> byNonce = new LinkedHashMap<>();

  private long lastId;

  @Nullable SessionState find(long id) {
    return byId.get(id);
  }

  @Nullable SessionState findByNonce(ByteString nonce) {
    return byNonce.get(nonce);
  }

  @Nullable WorkerState worker(long id) {
    SessionState session = byId.get(id);
    return session == null ? null : session.worker;
  }

  long lastId() {
    return lastId;
  }

  void restoreLast(long id) {
    lastId = id;
  }

  /** The number that the next session gets. */
  long nextId() {
    return lastId + 1;
  }

  SessionState add(OpenSession opened, @Nullable WorkerState worker) {
    return restore(++lastId, opened, worker);
  }

  SessionState restore(long id, OpenSession opened, @Nullable WorkerState worker) {
    SessionState session = new SessionState(id, opened, worker);
    byId.put(id, session);
    byNonce.put(opened.getNonce(), session);
    return session;
  }

  void remove(SessionState session) {
    byId.remove(session.id);
    byNonce.remove(session.opened.getNonce());
  }

  Collection<SessionState> all() {
    return byId.values();
  }
}
