package dev.podpool.queue.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a replica says of itself to the others.
 *
 * @param name under which it promises, in the log
 * @param members of the log, where it leads; else none
 */
record Standing(Role role, String name, List<Peer> members) {

  /** What it is in the log. */
  enum Role {
    /** It has no entry: the log begins, or it has lost all that it had. */
    EMPTY,
    /** It has entries, and another leads, or nobody. */
    FOLLOWING,
    /** It leads. */
    LEADING
  }

  Standing {
    members = List.copyOf(members);
  }

  /** As {@link #parse} reads it. */
  String text() {
    return role + " " + name + " " + text(members);
  }

  static String text(List<Peer> members) {
    return members.stream()
        .map(each -> each.name() + "=" + each.address())
        .collect(Collectors.joining(","));
  }

  /**
   * What {@link #text} has written.
   *
   * @throws IllegalArgumentException if it was something else
   */
  static Standing parse(String text) {
    String[] parts = text.split(" ", -1);
    if (parts.length != 3) {
      throw new IllegalArgumentException("'" + text + "' is no standing");
    }
    return new Standing(Role.valueOf(parts[0]), parts[1], members(parts[2]));
  }

  static List<Peer> members(String text) {
    List<Peer> members = new ArrayList<>();
    if (text.isEmpty()) {
      return members;
    }
    for (String each : text.split(",", -1)) {
      String[] parts = each.split("=", -1);
      if (parts.length != 2) {
        throw new IllegalArgumentException("'" + each + "' is no member");
      }
      members.add(new Peer(parts[0], parts[1]));
    }
    return members;
  }
}
