package dev.podpool.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.SSABasedGenericKubernetesResourceMatcher;
import java.util.Map;

/**
 * Whether something is still as the operator has applied it: each field that it has set is there
 * with its value, and none has been taken over by somebody else. What others have added is theirs.
 */
final class PartMatcher extends SSABasedGenericKubernetesResourceMatcher<HasMetadata> {

  @Override
  protected boolean matches(
      Map<String, Object> there,
      Map<String, Object> wanted,
      HasMetadata actual,
      HasMetadata desired,
      Context<?> context) {
    // Nobody can change these, and the API server writes quantities in its own way.
    dropClaims(there);
    dropClaims(wanted);
    return super.matches(there, wanted, actual, desired, context);
  }

  private static void dropClaims(Map<String, Object> object) {
    if (object.get("spec") instanceof Map<?, ?> spec) {
      spec.remove("volumeClaimTemplates");
    }
  }
}
