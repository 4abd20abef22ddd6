package dev.podpool.crd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Manifests that must be accepted, here and by a real API server, and mean the same to both. */
final class GoodManifests {
  record Good(String name, String yaml) {
    @Override
    public String toString() {
      return name;
    }
  }

  static final String HEAD =
      """
      apiVersion: podpool.dev/v1alpha1
      kind: WorkerPool
      metadata:
        name: index
      """;

  /** Each field given, none with its default. */
  static final String FULL =
      HEAD
          + """
          spec:
            workers: 0
            slots: 2
            daemon: false
            drainDeadline: 1h30m
            queue: mine
            initializer: {function: 'com.example.Models::load', arguments: [/models]}
            maxTasksPerWorker: 100
            maxAttempts: 1
            taskTimeout: 500ms
            template:
              image: registry.example/worker:1
              imagePullSecrets: [{name: registry}]
              env: [{name: A, value: b}, {name: EMPTY}]
              envFrom: [{prefix: C_, configMapRef: {name: settings}}, {secretRef: {name: keys}}]
              resources: {limits: {memory: 1073741824, cpu: 2}, requests: {cpu: 500m}}
              volumes:
                - {name: scratch, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
                - {name: folder, emptyDir: {}}
                - {name: settings, configMap: {name: settings}}
                - {name: keys, secret: {secretName: keys}}
                - {name: models, persistentVolumeClaim: {claimName: models, readOnly: true}}
              volumeMounts:
                - {name: scratch, mountPath: /scratch}
                - {name: models, mountPath: /models, subPath: v1/small, readOnly: true}
              labels: {team: search}
              annotations: {note: text}
              nodeSelector: {disk: ssd}
              tolerations: [{key: gpu, operator: Exists, effect: NoSchedule}]
              affinity:
                nodeAffinity:
                  requiredDuringSchedulingIgnoredDuringExecution:
                    nodeSelectorTerms:
                      - matchExpressions: [{key: zone, operator: In, values: [a, b]}]
                  preferredDuringSchedulingIgnoredDuringExecution:
                    - weight: 50
                      preference: {matchExpressions: [{key: spot, operator: DoesNotExist}]}
              topologySpreadConstraints:
                - {topologyKey: kubernetes.io/hostname, maxSkew: 2, whenUnsatisfiable: DoNotSchedule}
              priorityClassName: batch
              runtimeClassName: sandboxed
              serviceAccountName: crawler
              securityContext: {runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000, readOnlyRootFilesystem: false}
          """;

  private GoodManifests() {}

  static Stream<Good> all() {
    return Stream.of(
        new Good("the example", text(Path.of("../examples/index/pool.yaml"))),
        new Good("a head alone", HEAD),
        new Good("an empty spec", HEAD + "spec: {}\n"),
        new Good("a spec of nothing", HEAD + "spec:\n"),
        new Good("a template of nothing", HEAD + "spec: {template: }\n"),
        new Good("each field", FULL),
        new Good("the longest name", HEAD.replace("index", "a".repeat(50))),
        spec("the most workers, slots, tasks and attempts", mostOfEach()),
        spec("the longest duration", "taskTimeout: 999999h999999h562049h"),
        spec("the shortest duration", "taskTimeout: 0h1ms"),
        spec(
            "a spread of defaults",
            "template: {topologySpreadConstraints: [{topologyKey: zone}], securityContext: }"),
        spec("the most variables", "template: {env: [%s]}".formatted(variables(128))),
        spec(
            "an amount with a point",
            "template: {resources: {limits: {cpu: '0.5', memory: .5Gi}}}"),
        spec(
            "an amount of many digits",
            "template: {resources: {limits: {memory: '1%s'}}}".formatted("0".repeat(17))),
        spec("a toleration of everything", "template: {tolerations: [{operator: Exists}]}"),
        spec("an operator left out", "template: {tolerations: [{key: gpu, value: x}]}"),
        spec("a function of no package", "initializer: {function: 'Models$Inner::load'}"),
        spec("an argument of nothing", "initializer: {function: 'Models::load', arguments: ['']}"),
        spec("a letter for a boolean", "daemon: n"),
        spec("whole numbers otherwise written", "workers: 0o10\n  slots: 4.0\n  maxAttempts: 1e1"),
        spec("whole numbers of old", "workers: 010\n  slots: 08\n  maxTasksPerWorker: 1_000"),
        spec("an hour that is text", "template: {image: 1:30, labels: {at: 12:30:45}}"),
        spec("text beyond ASCII", "template: {env: [{name: A, value: 'žluťoučký 🐎'}]}"),
        new Good(
            "labels, annotations and a saved status",
            HEAD
                + """
                  namespace: default
                  labels: {team: search}
                  annotations: {note: text}
                status: {workers: 3, readyWorkers: 2}
                """));
  }

  private static String mostOfEach() {
    return "workers: 10000\n  slots: 1024\n  maxTasksPerWorker: 1000000000\n  maxAttempts: 100";
  }

  private static String variables(int count) {
    var all = new StringBuilder();
    for (int i = 0; i < count; i++) {
      all.append("{name: %s%03d, value: x}, ".formatted("V".repeat(253), i));
    }
    return all.toString();
  }

  private static Good spec(String name, String lines) {
    return new Good(name, HEAD + "spec:\n  " + lines + "\n");
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
