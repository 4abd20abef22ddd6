package dev.podpool.queue.raft;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;
import org.jspecify.annotations.Nullable;

/**
 * Ratis' file of its term and its vote, {@code raft-meta}, which it writes anew at each election.
 *
 * <p>Ratis writes a temporary file, syncs it and gives it this name, but does the last of these
 * also where it could not write: a full disk leaves the file empty. Ratis tells nobody that the
 * election failed, and can't start with such a file, nor with a term before the log's.
 */
final class Votes {

  static final String NAME = "raft-meta";

  private static final System.Logger LOG = System.getLogger(Votes.class.getName());

  private final Path file;

  /** Those of the log in {@code directory}. */
  Votes(Path directory) {
    this.file = directory.resolve(NAME);
  }

  /**
   * Makes the file anew from {@code term}, the highest of the log and its snapshot, where it is
   * damaged or says an earlier one. Leaves alone what is whole, or missing.
   *
   * <p>That is safe for one replica, and for no other number. Its vote was for itself, and nobody
   * has heard of a term that has no entry on the disk. One of several replicas that forgets a vote
   * may vote again in the same term, for another leader.
   *
   * @param isAlone whether there is no other replica; the log is asked, too
   * @throws LogException if it can't be made anew, as there are others
   */
  void mend(long term, boolean isAlone) throws IOException {
    String damage = damage(term);
    if (damage == null) {
      return;
    }
    if (!isAlone || hasOthers(false)) {
      throw new LogException(
          "%s %s, as after a full disk. What this replica has promised to the others is there and nowhere else: keep a copy of the data directory, if it may be the only one left, and empty it: the replica joins the others again"
              .formatted(file, damage));
    }
    Disk.replace(file, "term=%d\nvotedFor=\n".formatted(term));
    LOG.log(
        System.Logger.Level.WARNING,
        "{0} {1}, as after a full disk: it was made anew from the log''s last term, {2}",
        file,
        damage,
        term);
  }

  /** Whether the log was of several replicas; {@code unsaid}, where nothing says it. */
  private boolean hasOthers(boolean unsaid) throws IOException {
    try (InputStream in = Files.newInputStream(file.resolveSibling(NAME + ".conf"))) {
      return LogEntryProto.parseFrom(in).getConfigurationEntry().getPeersCount() > 1;
    } catch (NoSuchFileException | InvalidProtocolBufferException e) {
      return unsaid;
    }
  }

  /**
   * While Ratis elects, which replaces the file as a whole.
   *
   * @throws LogException if the election could not be written
   */
  void requireWritten() throws IOException {
    String damage = damage(0);
    if (damage != null) {
      throw new LogException(
          "%s could not be written at the start, and now %s: the disk is full or fails. Make room or see to it, then start again: the file is mended, and nothing acknowledged is lost"
              .formatted(file, damage));
    }
  }

  /** The last term that it says, which must not be damaged; 0 if there is no file. */
  long term() throws IOException {
    Properties said = new Properties();
    try {
      said.load(new StringReader(Files.readString(file, StandardCharsets.ISO_8859_1)));
    } catch (NoSuchFileException e) {
      return 0;
    }
    return Long.parseLong(said.getProperty("term"));
  }

  /**
   * Of the only replica.
   *
   * @param wasNamed whether it has promised by a name, as one of several does, if not yet in a log
   * @throws LogException if the log is one of several
   */
  void requireNoOthers(boolean wasNamed) throws IOException {
    if (hasOthers(wasNamed)) {
      throw new LogException(
          "%s is of one of several replicas, and is started as the only one: start it as it was, or say that it is to go on alone (docs/operations.md)"
              .formatted(file.getParent()));
    }
  }

  /** What is wrong with the file, null if nothing is or there is none. */
  private @Nullable String damage(long termMin) throws IOException {
    Properties said = new Properties();
    try {
      said.load(new StringReader(Files.readString(file, StandardCharsets.ISO_8859_1)));
    } catch (NoSuchFileException e) {
      return null;
    } catch (IllegalArgumentException e) {
      return "cannot be read (" + e.getMessage() + ")";
    }
    String term = said.getProperty("term");
    if (term == null || said.getProperty("votedFor") == null) {
      return "does not say a term and a vote";
    }
    try {
      long read = Long.parseLong(term);
      return read < termMin ? "says term %d, before the log's".formatted(read) : null;
    } catch (NumberFormatException e) {
      return "says term '%s'".formatted(term);
    }
  }
}
