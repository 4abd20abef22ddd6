package dev.podpool.crd;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which nodes workers want; the part of a pod's own {@code affinity} that is about nodes. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Affinity(
    @JsonPropertyDescription("Which nodes workers need or prefer, by labels. Unset means any.")
        @Nullable NodeAffinity nodeAffinity) {

  /** Needed and preferred nodes. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record NodeAffinity(
      @JsonPropertyDescription("Nodes that a worker needs. Unset means any.")
          @Nullable NodeSelector requiredDuringSchedulingIgnoredDuringExecution,
      @Size(max = 16)
          @JsonPropertyDescription(
              "Nodes that are better than others. At most 16. Unset means none.")
          @Nullable List<Preference> preferredDuringSchedulingIgnoredDuringExecution) {

    /** What is not given becomes empty. */
    public NodeAffinity {
      preferredDuringSchedulingIgnoredDuringExecution =
          preferredDuringSchedulingIgnoredDuringExecution == null
              ? List.of()
              : List.copyOf(preferredDuringSchedulingIgnoredDuringExecution);
    }
  }

  /** Nodes of which one term, or another, is true. */
  public record NodeSelector(
      @Required
          @Size(min = 1, max = 16)
          @JsonPropertyDescription("A node fits if one of these is true of it. 1 to 16. Required.")
          List<Term> nodeSelectorTerms) {

    /** Copies what is given. */
    public NodeSelector {
      nodeSelectorTerms = List.copyOf(nodeSelectorTerms);
    }
  }

  /** Nodes that are better than others. */
  public record Preference(
      @Required @Min(1) @Max(100) @JsonPropertyDescription("How much better. 1 to 100. Required.")
          int weight,
      @Required @JsonPropertyDescription("Of which nodes. Required.") Term preference) {}

  /** Labels of a node: all must be as it says. */
  public record Term(
      @Required
          @Size(min = 1, max = 16)
          @JsonPropertyDescription("All of these must be true of a node. 1 to 16. Required.")
          List<Expression> matchExpressions) {

    /** Copies what is given. */
    public Term {
      matchExpressions = List.copyOf(matchExpressions);
    }
  }

  /** One label of a node. */
  @ValidationRule(
      value =
          "self.operator == 'In' || self.operator == 'NotIn' ? has(self.values) :"
              + " !has(self.values)",
      message = "In and NotIn need values; Exists and DoesNotExist take none")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Expression(
      @Required
          @Size(min = 1, max = 317)
          @JsonPropertyDescription("The label's key. 1 to 317 characters. Required.")
          String key,
      @Required
          @JsonPropertyDescription(
              "How its value is looked at: In, NotIn, Exists or DoesNotExist. Required.")
          Operator operator,
      @Size(min = 1, max = 64)
          @JsonPropertyDescription(
              "Values for In and NotIn. 1 to 64. Unset for Exists and DoesNotExist.")
          @Nullable List<String> values) {

    /** Copies what is given. */
    public Expression {
      values = values == null ? null : List.copyOf(values);
    }
  }

  /** How a label's value is looked at. */
  public enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist
  }
}
