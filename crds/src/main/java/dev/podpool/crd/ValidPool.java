package dev.podpool.crd;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A document that {@link Validation} found no fault with, as a typed pool.
 *
 * <p>By hand, because Jackson's data binding takes longer to load than all else that reads a
 * manifest. What it would have made is what this makes; the tests compare.
 */
final class ValidPool {
  private static final Set<String> PLAIN_METADATA =
      Set.of("name", "namespace", "labels", "annotations");

  private ValidPool() {}

  /**
   * The pool in {@code root}, without its status: what somebody saved with the rest.
   *
   * @throws JsonProcessingException if metadata that Kubernetes writes, such as managedFields, is
   *     not what Kubernetes writes
   */
  static WorkerPool of(JsonNode root) throws JsonProcessingException {
    var pool = new WorkerPool();
    pool.setMetadata(metadata(root.path("metadata")));
    pool.setSpec(spec(root.path("spec")));
    return pool;
  }

  private static ObjectMeta metadata(JsonNode metadata) throws JsonProcessingException {
    for (var entry : metadata.properties()) {
      if (!PLAIN_METADATA.contains(entry.getKey())) {
        return JsonMapper.builder().build().treeToValue(metadata, ObjectMeta.class);
      }
    }
    var plain = new ObjectMeta();
    plain.setName(text(metadata, "name"));
    plain.setNamespace(text(metadata, "namespace"));
    plain.setLabels(texts(metadata.path("labels")));
    plain.setAnnotations(texts(metadata.path("annotations")));
    return plain;
  }

  private static WorkerPoolSpec spec(JsonNode spec) {
    return new WorkerPoolSpec(
        spec.path("workers").intValue(),
        spec.path("slots").intValue(),
        spec.path("daemon").booleanValue(),
        text(spec, "drainDeadline"),
        text(spec, "queue"),
        ifGiven(spec, "initializer", ValidPool::initializer),
        spec.path("maxTasksPerWorker").intValue(),
        spec.path("maxAttempts").intValue(),
        text(spec, "taskTimeout"),
        template(spec.path("template")));
  }

  private static Initializer initializer(JsonNode initializer) {
    return new Initializer(
        text(initializer, "function"), each(initializer.path("arguments"), JsonNode::textValue));
  }

  private static WorkerTemplate template(JsonNode template) {
    JsonNode resources = template.path("resources");
    return new WorkerTemplate(
        text(template, "image"),
        each(template.path("imagePullSecrets"), ValidPool::named),
        each(
            template.path("env"),
            one -> new EnvVar(one.path("name").asText(), one.path("value").asText())),
        each(template.path("envFrom"), ValidPool::envFrom),
        new Resources(
            ifGiven(resources, "limits", ValidPool::amounts),
            ifGiven(resources, "requests", ValidPool::amounts)),
        each(template.path("volumes"), ValidPool::volume),
        each(template.path("volumeMounts"), ValidPool::mount),
        texts(template.path("labels")),
        texts(template.path("annotations")),
        texts(template.path("nodeSelector")),
        each(template.path("tolerations"), ValidPool::toleration),
        ifGiven(template, "affinity", ValidPool::affinity),
        each(template.path("topologySpreadConstraints"), ValidPool::spread),
        text(template, "priorityClassName"),
        text(template, "runtimeClassName"),
        text(template, "serviceAccountName"),
        securityContext(template.path("securityContext")));
  }

  private static ObjectName named(JsonNode object) {
    return new ObjectName(object.path("name").asText());
  }

  private static EnvFrom envFrom(JsonNode source) {
    return new EnvFrom(
        text(source, "prefix"),
        ifGiven(source, "configMapRef", ValidPool::named),
        ifGiven(source, "secretRef", ValidPool::named));
  }

  private static Volume volume(JsonNode volume) {
    return new Volume(
        volume.path("name").asText(),
        ifGiven(
            volume,
            "emptyDir",
            empty ->
                new Volume.EmptyDir(
                    ifGiven(empty, "medium", medium -> Volume.Medium.valueOf(medium.asText())),
                    ifGiven(empty, "sizeLimit", limit -> Quantity.parse(limit.asText())))),
        ifGiven(volume, "configMap", ValidPool::named),
        ifGiven(
            volume,
            "secret",
            secret -> new Volume.SecretVolume(secret.path("secretName").asText())),
        ifGiven(
            volume,
            "persistentVolumeClaim",
            claim ->
                new Volume.ClaimVolume(
                    claim.path("claimName").asText(), claim.path("readOnly").booleanValue())));
  }

  private static VolumeMount mount(JsonNode mount) {
    return new VolumeMount(
        mount.path("name").asText(),
        mount.path("mountPath").asText(),
        text(mount, "subPath"),
        mount.path("readOnly").booleanValue());
  }

  private static Affinity affinity(JsonNode affinity) {
    return new Affinity(ifGiven(affinity, "nodeAffinity", ValidPool::nodeAffinity));
  }

  private static Affinity.NodeAffinity nodeAffinity(JsonNode nodes) {
    return new Affinity.NodeAffinity(
        ifGiven(
            nodes,
            "requiredDuringSchedulingIgnoredDuringExecution",
            required ->
                new Affinity.NodeSelector(
                    each(required.path("nodeSelectorTerms"), ValidPool::term))),
        each(
            nodes.path("preferredDuringSchedulingIgnoredDuringExecution"),
            preferred ->
                new Affinity.Preference(
                    preferred.path("weight").intValue(), term(preferred.path("preference")))));
  }

  private static Affinity.Term term(JsonNode term) {
    return new Affinity.Term(each(term.path("matchExpressions"), ValidPool::expression));
  }

  private static Affinity.Expression expression(JsonNode expression) {
    return new Affinity.Expression(
        expression.path("key").asText(),
        Affinity.Operator.valueOf(expression.path("operator").asText()),
        ifGiven(expression, "values", values -> each(values, JsonNode::textValue)));
  }

  private static Spread spread(JsonNode spread) {
    return new Spread(
        spread.path("topologyKey").asText(),
        spread.path("maxSkew").intValue(),
        Spread.WhenUnsatisfiable.valueOf(spread.path("whenUnsatisfiable").asText()));
  }

  private static SecurityContext securityContext(JsonNode context) {
    return new SecurityContext(
        ifGiven(context, "runAsUser", JsonNode::longValue),
        ifGiven(context, "runAsGroup", JsonNode::longValue),
        ifGiven(context, "fsGroup", JsonNode::longValue),
        context.path("readOnlyRootFilesystem").booleanValue());
  }

  private static ResourceAmounts amounts(JsonNode amounts) {
    return new ResourceAmounts(
        ifGiven(amounts, "memory", amount -> Quantity.parse(amount.asText())),
        ifGiven(amounts, "cpu", amount -> Quantity.parse(amount.asText())));
  }

  private static Toleration toleration(JsonNode toleration) {
    return new Toleration(
        text(toleration, "key"),
        Toleration.Operator.valueOf(toleration.path("operator").asText()),
        text(toleration, "value"),
        ifGiven(toleration, "effect", effect -> Toleration.Effect.valueOf(effect.asText())));
  }

  private static @Nullable String text(JsonNode object, String field) {
    return object.path(field).textValue();
  }

  private static <T> @Nullable T ifGiven(
      JsonNode object, String field, Function<JsonNode, T> typed) {
    JsonNode value = object.get(field);
    return value == null ? null : typed.apply(value);
  }

  private static <T> List<T> each(JsonNode list, Function<JsonNode, T> typed) {
    var all = new ArrayList<T>();
    list.forEach(item -> all.add(typed.apply(item)));
    return all;
  }

  private static Map<String, String> texts(JsonNode object) {
    var texts = new LinkedHashMap<String, String>();
    object.properties().forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
    return texts;
  }
}
