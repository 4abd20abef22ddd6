package dev.podpool.crd;

import java.util.List;

/**
 * A manifest that cannot be used, with everything that is wrong with it.
 *
 * <p>Its message has a line for each problem: where, which field, which value, which limit, and
 * what to do.
 */
public final class ManifestException extends Exception {
  private static final long serialVersionUID = 1;

  private final List<String> problems;

  /** With {@code problems}, at least one. */
  public ManifestException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** One line for each problem, in the order of the file; at least one. */
  public List<String> problems() {
    return problems;
  }
}
