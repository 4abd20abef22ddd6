package dev.podpool.operator.cluster;

import dev.podpool.crd.Condition;
import java.util.List;

/** Conditions from one status to the next. */
final class Conditions {

  private Conditions() {}

  /**
   * {@code condition}, but with the time since when it has its status, if {@code last} has that.
   */
  static Condition since(Condition condition, List<Condition> last) {
    return last.stream()
        .filter(before -> before.type().equals(condition.type()))
        .filter(before -> before.status() == condition.status())
        .filter(before -> before.lastTransitionTime() != null)
        .findFirst()
        .map(
            before ->
                new Condition(
                    condition.type(),
                    condition.status(),
                    condition.observedGeneration(),
                    before.lastTransitionTime(),
                    condition.reason(),
                    condition.message()))
        .orElse(condition);
  }
}
