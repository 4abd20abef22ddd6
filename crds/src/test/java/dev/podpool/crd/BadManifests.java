package dev.podpool.crd;

import java.util.List;
import java.util.stream.Stream;

/** Manifests that must be refused, here and by a real API server, and what the reader says. */
final class BadManifests {
  record Bad(String name, String yaml, List<String> problems) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final String HEAD = GoodManifests.HEAD;

  private BadManifests() {}

  static Stream<Bad> all() {
    return Stream.concat(schema(), Stream.concat(rules(), heads()));
  }

  private static Stream<Bad> schema() {
    return Stream.of(
        spec(
            "workers below the minimum",
            "workers: -1",
            "6:12: spec.workers: -1 is below the minimum of 0: give 0 or more"),
        spec(
            "workers above the maximum",
            "workers: 10001",
            "6:12: spec.workers: 10001 is above the maximum of 10000: give 10000 or less"),
        spec(
            "workers beyond any number",
            "workers: 99999999999999999999",
            "6:12: spec.workers: 99999999999999999999 is above the maximum of 10000: give 10000 or"
                + " less"),
        spec(
            "workers as text",
            "workers: 'four'",
            "6:12: spec.workers: 'four' is not a whole number: give one, such as 4"),
        spec(
            "half a worker",
            "workers: 1.5",
            "6:12: spec.workers: 1.5 is not a whole number: give one, such as 4"),
        spec(
            "no slot", "slots: 0", "6:10: spec.slots: 0 is below the minimum of 1: give 1 or more"),
        spec(
            "too many attempts",
            "maxAttempts: 101",
            "6:16: spec.maxAttempts: 101 is above the maximum of 100: give 100 or less"),
        spec(
            "daemon in quotes",
            "daemon: 'false'",
            "6:11: spec.daemon: 'false' is not a boolean: give true or false, unquoted"),
        spec(
            "a duration without a unit",
            "taskTimeout: 30",
            "6:16: spec.taskTimeout: 30 is not text: put it in quotes"),
        spec(
            "half a processor without quotes",
            "template: {resources: {limits: {cpu: 0.5}}}",
            "6:40: spec.template.resources.limits.cpu: 0.5 is not a whole number or text: put it in"
                + " quotes"),
        spec(
            "an hour for a number",
            "workers: 1:30",
            "6:12: spec.workers: '1:30' is not a whole number: give one, such as 4"),
        spec(
            "a letter that is a boolean",
            "template: {env: [{name: A, value: y}]}",
            "6:37: spec.template.env[0].value: true is not text: put it in quotes"),
        spec(
            "digits that are a number",
            "template: {env: [{name: A, value: 08}, {name: B, value: 0o7}]}",
            "6:37: spec.template.env[0].value: 8 is not text: put it in quotes",
            "6:59: spec.template.env[1].value: 7 is not text: put it in quotes"),
        spec(
            "a misspelled field",
            "worker: 4",
            "6:3: spec.worker: unknown field; did you mean workers?"),
        spec(
            "an unknown field far from any",
            "replicationFactor: 4",
            "6:3: spec.replicationFactor: unknown field; the fields here are daemon, drainDeadline,"
                + " initializer, maxAttempts, maxTasksPerWorker, queue, slots, taskTimeout,"
                + " template, workers"),
        spec(
            "a misspelled field deep down",
            "template: {resources: {limits: {memroy: 1Gi}}}",
            "6:35: spec.template.resources.limits.memroy: unknown field; did you mean memory?"),
        spec(
            "an environment variable without a name",
            "template: {env: [{value: x}]}",
            "6:20: spec.template.env[0].name: missing: give it"),
        spec(
            "an unknown effect",
            "template: {tolerations: [{key: gpu, effect: NoShedule}]}",
            "6:47: spec.template.tolerations[0].effect: 'NoShedule' is unknown: give NoExecute or"
                + " NoSchedule or PreferNoSchedule"),
        spec(
            "a label that is no text",
            "template: {labels: {team: 7}}",
            "6:29: spec.template.labels.team: 7 is not text: put it in quotes"),
        spec(
            "an empty image",
            "template: {image: ''}",
            "6:21: spec.template.image: 0 characters is below the minimum of 1: give 1 or more"),
        spec(
            "a list for an object",
            "template: [1]",
            "6:13: spec.template: a list is not an object: give it fields"));
  }

  private static Stream<Bad> rules() {
    String duration = ": give a duration above 0 in h, m, s and ms, such as 10m, 1h30m or 500ms";
    String memory = ": give an amount of memory above 0, such as 512Mi, 2Gi or a number of bytes";
    return Stream.of(
        spec(
            "a deadline of a daemon pool",
            "drainDeadline: 10m",
            "6:18: spec.drainDeadline: '10m': a daemon pool is deleted without waiting, so it has no"
                + " drainDeadline: set daemon: false, or leave drainDeadline out"),
        spec(
            "words for a duration",
            "taskTimeout: ten minutes",
            "6:16: spec.taskTimeout: 'ten minutes'" + duration),
        spec(
            "a duration of three centuries",
            "taskTimeout: 999999h999999h562050h",
            "6:16: spec.taskTimeout: '999999h999999h562050h'" + duration),
        spec("a duration of nothing", "taskTimeout: 0s", "6:16: spec.taskTimeout: '0s'" + duration),
        spec(
            "a duration below nothing",
            "taskTimeout: -5m",
            "6:16: spec.taskTimeout: '-5m'" + duration),
        spec(
            "arguments without a function",
            "initializer: {arguments: [/models]}",
            "6:16: spec.initializer: arguments are nothing without a function: give function:"
                + " package.Class::method, or leave initializer out"),
        spec(
            "a function that is none",
            "initializer: {function: com.example.load}",
            "6:27: spec.initializer.function: 'com.example.load': give package.Class::method, such"
                + " as com.example.Models::load"),
        spec(
            "a folder of the node",
            "template: {volumes: [{name: root, hostPath: {path: /}}]}",
            "6:24: spec.template.volumes[0]: give one source: emptyDir, configMap, secret or"
                + " persistentVolumeClaim",
            "6:37: spec.template.volumes[0].hostPath: unknown field; the fields here are configMap,"
                + " emptyDir, name, persistentVolumeClaim, secret"),
        spec(
            "a worker with every right",
            "template: {securityContext: {privileged: true}}",
            "6:32: spec.template.securityContext.privileged: unknown field; the fields here are"
                + " fsGroup, readOnlyRootFilesystem, runAsGroup, runAsUser"),
        spec(
            "a worker that is root",
            "template: {securityContext: {runAsUser: 0}}",
            "6:43: spec.template.securityContext.runAsUser: 0 is below the minimum of 1: give 1 or"
                + " more"),
        spec(
            "a volume of two sources",
            "template: {volumes: [{name: a, emptyDir: {}, configMap: {name: b}}]}",
            "6:24: spec.template.volumes[0]: give one source: emptyDir, configMap, secret or"
                + " persistentVolumeClaim"),
        spec(
            "a volume of none",
            "template: {volumes: [{name: a}]}",
            "6:24: spec.template.volumes[0]: give one source: emptyDir, configMap, secret or"
                + " persistentVolumeClaim"),
        spec(
            "a volume named as Podpool's own",
            "template: {volumes: [{name: podpool-token, emptyDir: {}}]}",
            "6:31: spec.template.volumes[0].name: 'podpool-token': give a-z, 0-9 and -, with a"
                + " letter or digit at both ends, and not podpool-, which is Podpool's own"),
        spec(
            "a mount of no volume",
            "template: {volumes: [{name: a, emptyDir: {}}], volumeMounts: [{name: b, mountPath: /b}]}",
            "6:64: spec.template.volumeMounts: a mount's name is that of none of the volumes: give"
                + " volumes one of that name"),
        spec(
            "two mounts at one place",
            "template: {volumes: [{name: a, emptyDir: {}}],"
                + " volumeMounts: [{name: a, mountPath: /b}, {name: a, mountPath: /b}]}",
            "6:64: spec.template.volumeMounts: a mountPath is given twice: keep one of each"),
        spec(
            "a mount outside its volume",
            "template: {volumes: [{name: a, emptyDir: {}}],"
                + " volumeMounts: [{name: a, mountPath: /b, subPath: ../c}]}",
            "6:99: spec.template.volumeMounts[0].subPath: '../c': give a path inside the volume: not"
                + " from /, and without .."),
        spec(
            "a mount at no place",
            "template: {volumes: [{name: a, emptyDir: {}}], volumeMounts: [{name: a, mountPath: b}]}",
            "6:86: spec.template.volumeMounts[0].mountPath: 'b': give a path from /, without : and"
                + " without .."),
        spec(
            "variables from two places at once",
            "template: {envFrom: [{configMapRef: {name: a}, secretRef: {name: b}}]}",
            "6:24: spec.template.envFrom[0]: give one source: configMapRef or secretRef"),
        spec(
            "a label's values for an operator that takes none",
            "template: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
                + " {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Exists, values: [b]}]}]}}}}",
            "6:129: spec.template.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
                + ".nodeSelectorTerms[0].matchExpressions[0]: In and NotIn need values; Exists and"
                + " DoesNotExist take none"),
        spec(
            "memory of nothing",
            "template: {resources: {limits: {memory: 0}}}",
            "6:43: spec.template.resources.limits.memory: 0" + memory),
        spec(
            "memory in an unknown unit",
            "template: {resources: {limits: {memory: 512MB}}}",
            "6:43: spec.template.resources.limits.memory: '512MB'" + memory),
        spec(
            "zeros of memory",
            "template: {resources: {limits: {memory: 0.0Gi}}}",
            "6:43: spec.template.resources.limits.memory: '0.0Gi'" + memory),
        spec(
            "memory in too many digits",
            "template: {resources: {limits: {memory: %sMi}}}".formatted("9".repeat(31)),
            "6:43: spec.template.resources.limits.memory: 33 characters is above the maximum of 32:"
                + " give 32 or less"),
        spec(
            "a variable given twice",
            "template: {env: [{name: A}, {name: A}]}",
            "6:19: spec.template.env: a name is given twice: keep one of each"),
        spec(
            "a variable of Podpool's",
            "template: {env: [{name: PODPOOL_KEY}]}",
            "6:27: spec.template.env[0].name: 'PODPOOL_KEY': give letters, digits and _, with no"
                + " digit first, and not PODPOOL_, which is Podpool's own"),
        spec(
            "a toleration without a key",
            "template: {tolerations: [{value: x}]}",
            "6:28: spec.template.tolerations[0]: without a key, only operator: Exists has a meaning:"
                + " it tolerates every taint"),
        spec(
            "several at once, in the order of the file",
            "workers: -1\n  slot: 2\n  taskTimeout: soon",
            "6:12: spec.workers: -1 is below the minimum of 0: give 0 or more",
            "7:3: spec.slot: unknown field; did you mean slots?",
            "8:16: spec.taskTimeout: 'soon'" + duration));
  }

  private static Stream<Bad> heads() {
    String name =
        "': workers are named after their pool, so its name has at most 50 characters: a-z, 0-9 and"
            + " -, with a letter or digit at both ends";
    String tooLong = "a".repeat(51);
    return Stream.of(
        whole(
            "another version",
            HEAD.replace("v1alpha1", "v1"),
            "1:13: apiVersion: 'podpool.dev/v1' is not read here: give podpool.dev/v1alpha1"),
        whole(
            "another kind",
            HEAD.replace("WorkerPool", "Deployment"),
            "2:7: kind: 'Deployment' is not read here: give WorkerPool"),
        whole(
            "no name",
            HEAD.replace("name: index", "labels: {}"),
            "4:3: metadata.name: missing: give the pool a name"),
        whole(
            "a name too long",
            HEAD.replace("index", tooLong),
            "4:9: metadata.name: '" + tooLong + name),
        whole(
            "a name with a dot",
            HEAD.replace("index", "in.dex"),
            "4:9: metadata.name: 'in.dex" + name),
        whole(
            "a misspelled field of metadata",
            HEAD + "  lables: {}\n",
            "5:3: metadata.lables: unknown field; did you mean labels?"),
        whole(
            "a misspelled spec",
            HEAD + "specs: {}\n",
            "5:1: specs: unknown field; did you mean spec?"));
  }

  private static Bad spec(String name, String line, String... problems) {
    return whole(name, HEAD + "spec:\n  " + line + "\n", problems);
  }

  private static Bad whole(String name, String yaml, String... problems) {
    return new Bad(name, yaml, Stream.of(problems).map(problem -> "pool.yaml:" + problem).toList());
  }
}
