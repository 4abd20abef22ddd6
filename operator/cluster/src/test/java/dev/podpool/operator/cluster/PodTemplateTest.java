package dev.podpool.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.podpool.crd.Manifests;
import dev.podpool.crd.WorkerPool;
import dev.podpool.protocol.WorkerStart;
import dev.podpool.worker.PodStart;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pool's pods are made from. */
class PodTemplateTest {

  private static final String EVERYTHING =
      """
      image: example.com/mine:1
      imagePullSecrets: [{name: pull}]
      env: [{name: PRICE, value: '$5 and $(PATH)'}]
      envFrom: [{prefix: A_, configMapRef: {name: settings}}, {secretRef: {name: passwords}}]
      resources: {limits: {memory: 1Gi, cpu: '2'}, requests: {memory: 512Mi}}
      volumes:
        - {name: scratch, emptyDir: {medium: Memory, sizeLimit: 1Gi}}
        - {name: settings, configMap: {name: settings}}
        - {name: passwords, secret: {secretName: passwords}}
        - {name: models, persistentVolumeClaim: {claimName: models, readOnly: true}}
      volumeMounts: [{name: models, mountPath: /models, subPath: v1, readOnly: true}]
      labels: {team: search, podpool.dev/pool: stolen}
      annotations: {why: because}
      nodeSelector: {disk: ssd}
      tolerations: [{key: gpu, operator: Exists, effect: NoSchedule}]
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: In, values: [a, b]}]}]
          preferredDuringSchedulingIgnoredDuringExecution:
            - {weight: 5, preference: {matchExpressions: [{key: fast, operator: Exists}]}}
      topologySpreadConstraints: [{topologyKey: kubernetes.io/hostname, maxSkew: 2, whenUnsatisfiable: DoNotSchedule}]
      priorityClassName: low
      runtimeClassName: gvisor
      serviceAccountName: reader
      securityContext: {runAsUser: 1000, runAsGroup: 1001, fsGroup: 1002, readOnlyRootFilesystem: false}
      """;

  private static WorkerPool pool(String spec) throws Exception {
    WorkerPool pool =
        Manifests.read(
            """
            apiVersion: podpool.dev/v1alpha1
            kind: WorkerPool
            metadata: {name: index, namespace: search}
            spec:
            """
                + spec.indent(2),
            "test");
    pool.getMetadata().setUid("00000000-0000-0000-0000-000000000001");
    return pool;
  }

  private static PodTemplate template(String spec) throws Exception {
    return new PodTemplate(pool(spec), "podpool/worker:1");
  }

  private static Pod pod(String spec) throws Exception {
    return template(spec)
        .pod("index-3", 3, new OwnerReferenceBuilder().withUid("owner").withName("o").build());
  }

  @Test
  void aPodHasAllThatItsTemplateSays() throws Exception {
    Pod pod = pod("template:\n" + EVERYTHING.indent(2));

    Map<String, Object> spec = map(pod.getSpec());
    assertThat(spec)
        .containsEntry("restartPolicy", "Never")
        .containsEntry("automountServiceAccountToken", false)
        .containsEntry("priorityClassName", "low")
        .containsEntry("runtimeClassName", "gvisor")
        .containsEntry("serviceAccountName", "reader")
        .containsEntry("nodeSelector", Map.of("disk", "ssd"));
    assertThat(json(pod.getSpec().getImagePullSecrets())).isEqualTo("[{\"name\":\"pull\"}]");
    assertThat(json(pod.getSpec().getTolerations()))
        .isEqualTo("[{\"effect\":\"NoSchedule\",\"key\":\"gpu\",\"operator\":\"Exists\"}]");
    assertThat(json(pod.getSpec().getAffinity()))
        .isEqualTo(
            """
            {"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"preference":{"matchExpressions":[{"key":"fast","operator":"Exists"}]},"weight":5}],"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"zone","operator":"In","values":["a","b"]}]}]}}}"""
                .strip());
    assertThat(json(pod.getSpec().getTopologySpreadConstraints()))
        .isEqualTo(
            """
            [{"labelSelector":{"matchLabels":{"podpool.dev/pool":"index"}},"maxSkew":2,"topologyKey":"kubernetes.io/hostname","whenUnsatisfiable":"DoNotSchedule"}]"""
                .strip());
    assertThat(json(pod.getSpec().getSecurityContext()))
        .isEqualTo(
            """
            {"fsGroup":1002,"runAsGroup":1001,"runAsNonRoot":true,"runAsUser":1000,"seccompProfile":{"type":"RuntimeDefault"}}"""
                .strip());
    assertThat(pod.getSpec().getVolumes())
        .extracting(PodTemplateTest::json)
        .contains(
            "{\"emptyDir\":{\"medium\":\"Memory\",\"sizeLimit\":\"1Gi\"},\"name\":\"scratch\"}",
            "{\"configMap\":{\"name\":\"settings\"},\"name\":\"settings\"}",
            "{\"name\":\"passwords\",\"secret\":{\"secretName\":\"passwords\"}}",
            "{\"name\":\"models\",\"persistentVolumeClaim\":{\"claimName\":\"models\",\"readOnly\":true}}");
    var container = pod.getSpec().getContainers().getFirst();
    assertThat(container.getImage()).isEqualTo("example.com/mine:1");
    assertThat(json(container.getEnvFrom()))
        .isEqualTo(
            """
            [{"configMapRef":{"name":"settings","optional":false},"prefix":"A_"},{"secretRef":{"name":"passwords","optional":false}}]"""
                .strip());
    assertThat(json(container.getResources()))
        .isEqualTo(
            """
            {"limits":{"memory":"1Gi","cpu":"2"},"requests":{"memory":"512Mi"}}"""
                .strip());
    assertThat(container.getVolumeMounts())
        .extracting(PodTemplateTest::json)
        .contains(
            "{\"mountPath\":\"/models\",\"name\":\"models\",\"readOnly\":true,\"subPath\":\"v1\"}");
    assertThat(json(container.getSecurityContext()))
        .isEqualTo(
            """
            {"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"readOnlyRootFilesystem":false}"""
                .strip());
    assertThat(pod.getMetadata().getAnnotations()).containsEntry("why", "because");
  }

  @Test
  void aWorkerMountsItsTokenAndWhereItsQueueIsAndRunsAsItsQueuesWorker() throws Exception {
    Pod pod = pod("queue: fast");

    assertThat(pod.getSpec().getServiceAccountName()).isEqualTo("fast-queue-worker");
    assertThat(pod.getSpec().getAutomountServiceAccountToken()).isFalse();
    assertThat(json(pod.getSpec().getVolumes().getFirst().getProjected().getSources()))
        .isEqualTo(
            """
            [{"serviceAccountToken":{"audience":"podpool.dev","expirationSeconds":3600,"path":"token"}},{"configMap":{"items":[{"key":"ca.crt","path":"ca.crt"},{"key":"endpoint","path":"endpoint"}],"name":"fast-queue-access"}}]"""
                .strip());
  }

  @Test
  void aHashIsTheSameWhateverTheOrderInMaps() {
    var one = new LinkedHashMap<String, String>();
    one.put("a", "1");
    one.put("b", "2");
    var other = new LinkedHashMap<String, String>();
    other.put("b", "2");
    other.put("a", "1");

    assertThat(PodTemplate.hash(one)).isEqualTo(PodTemplate.hash(other));
  }

  @Test
  void aPodsLabelsAreItsPoolsWhateverTheTemplateSays() throws Exception {
    assertThat(pod("template:\n" + EVERYTHING.indent(2)).getMetadata().getLabels())
        .containsEntry("team", "search")
        .containsEntry(Names.POOL, "index")
        .containsEntry(Names.ORDINAL, "3");
  }

  @Test
  void aVariablesValueIsTakenAsItIs() throws Exception {
    // Kubernetes makes a dollar of two, and expands what is in $(…).
    assertThat(
            pod("template:\n" + EVERYTHING.indent(2)).getSpec().getContainers().getFirst().getEnv())
        .contains(new EnvVar("PRICE", "$$5 and $$(PATH)", null));
  }

  @Test
  void aWorkerIsToldItsPoolItsQueueAndItsShareOfMemory() throws Exception {
    Pod pod =
        pod(
            """
            slots: 2
            queue: fast
            maxTasksPerWorker: 9
            initializer: {function: 'a.Models::load', arguments: ['/models']}
            template: {resources: {limits: {memory: 1Gi}}}
            """);

    String start =
        pod.getSpec().getContainers().getFirst().getEnv().stream()
            .filter(variable -> variable.getName().equals(PodTemplate.START_VARIABLE))
            .findFirst()
            .orElseThrow()
            .getValue();
    assertThat(WorkerStart.parseFrom(Base64.getDecoder().decode(start)))
        .isEqualTo(
            WorkerStart.newBuilder()
                .setPool("index")
                .setSlots(2)
                .setMaxTasksPerWorker(9)
                .setInitializerFunction("a.Models::load")
                .addInitializerArguments("/models")
                .setMemoryLimitBytes(512L << 20)
                .setAccessDirectory("/var/run/podpool")
                .build());
  }

  @Test
  void aPodsVariablesAreThoseThatItsWorkerReads() {
    assertThat(PodTemplate.START_VARIABLE).isEqualTo(PodStart.START);
    assertThat(PodTemplate.NAME_VARIABLE).isEqualTo(PodStart.NAME);
    assertThat(PodTemplate.UID_VARIABLE).isEqualTo(PodStart.UID);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "slots: 2",
        "maxTasksPerWorker: 1",
        "queue: other",
        "initializer: {function: 'a.B::c'}",
        "template: {image: 'b:1'}",
        "template: {labels: {a: b}}",
        "template: {annotations: {a: b}}",
        "template: {resources: {limits: {cpu: '1'}}}",
      })
  void whatAWorkerIsMadeFromChangesItsHash(String spec) throws Exception {
    assertThat(template(spec).hash()).isNotEqualTo(template("workers: 1").hash());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"workers: 9", "daemon: false", "maxAttempts: 9", "taskTimeout: 1m", "slots: 1"})
  void whatElseThePoolSaysDoesNot(String spec) throws Exception {
    assertThat(template(spec).hash()).isEqualTo(template("workers: 1").hash());
  }

  @Test
  void aMountAtTmpTakesThePlaceOfOurs() throws Exception {
    assertThat(pod("workers: 1").getSpec().getContainers().getFirst().getVolumeMounts())
        .extracting(mount -> mount.getMountPath())
        .containsExactly("/var/run/podpool", "/tmp");
    assertThat(
            pod("""
                    template:
                      volumes: [{name: big, emptyDir: {}}]
                      volumeMounts: [{name: big, mountPath: /tmp/}]
                    """)
                .getSpec()
                .getContainers()
                .getFirst()
                .getVolumeMounts())
        .extracting(mount -> mount.getMountPath())
        .containsExactly("/var/run/podpool", "/tmp/");
  }

  private static String json(Object value) {
    return Serialization.asJson(value);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Object value) {
    return new ObjectMapper().convertValue(value, Map.class);
  }
}
