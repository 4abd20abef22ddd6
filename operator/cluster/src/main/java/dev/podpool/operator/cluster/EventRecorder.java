package dev.podpool.operator.cluster;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ThreadLocalRandom;

/** Kubernetes Events: what a person who looks at a pool would ask about. One lost is no harm. */
final class EventRecorder {

  private static final System.Logger LOG = System.getLogger(EventRecorder.class.getName());
  private static final int MESSAGE_CHARACTERS_MAX = 1_000;

  private final KubernetesClient client;
  private final InstantSource clock;

  EventRecorder(KubernetesClient client, InstantSource clock) {
    this.client = client;
    this.clock = clock;
  }

  /** Says that all is well. */
  void normal(HasMetadata about, String reason, String message) {
    say(about, "Normal", reason, message);
  }

  /** Says that somebody may have to do something. */
  void warning(HasMetadata about, String reason, String message) {
    say(about, "Warning", reason, message);
  }

  private void say(HasMetadata about, String type, String reason, String message) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    String unique = Long.toHexString(ThreadLocalRandom.current().nextLong());
    Event event =
        new EventBuilder()
            .withNewMetadata()
            .withName(about.getMetadata().getName() + "." + unique)
            .withNamespace(about.getMetadata().getNamespace())
            .endMetadata()
            .withType(type)
            .withReason(reason)
            .withMessage(
                message.length() <= MESSAGE_CHARACTERS_MAX
                    ? message
                    : message.substring(0, MESSAGE_CHARACTERS_MAX))
            .withFirstTimestamp(now.toString())
            .withLastTimestamp(now.toString())
            .withCount(1)
            .withNewSource()
            .withComponent(Names.FIELD_MANAGER)
            .endSource()
            .withNewInvolvedObject()
            .withApiVersion(about.getApiVersion())
            .withKind(about.getKind())
            .withName(about.getMetadata().getName())
            .withNamespace(about.getMetadata().getNamespace())
            .withUid(about.getMetadata().getUid())
            .endInvolvedObject()
            .build();
    try {
      client.resource(event).create();
    } catch (KubernetesClientException e) {
      LOG.log(System.Logger.Level.DEBUG, "an Event could not be written: {0}", e.getMessage());
    }
  }
}
