package dev.podpool.operator.cluster;

import static dev.podpool.operator.cluster.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.podpool.crd.QueueCluster;
import dev.podpool.protocol.PoolStatus;
import dev.podpool.testing.ApiServer;
import dev.podpool.testing.OnApiServer;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * All tests on the API server run the operator with its roles alone, so these allow all that it
 * does. Here it does all that they allow.
 */
@OnApiServer
class RolesApiServerTest {

  // Asked by the API server of whoever blocks a deletion, where a plugin is on, and of whoever
  // applies what is not there yet; by the SDK; by queues, of the operator too; and of whoever
  // answers requests for certificates, or gives a role.
  private static final Set<String> NOT_CALLED =
      Set.of(
          "update podpool.dev/workerpools/finalizers",
          "update podpool.dev/queueclusters/finalizers",
          "update podpool.dev/workerprocesses/finalizers",
          "create /secrets",
          "create /serviceaccounts",
          "create /services",
          "create apps/statefulsets",
          "create networking.k8s.io/networkpolicies",
          "create policy/poddisruptionbudgets",
          "update coordination.k8s.io/leases",
          "create rbac.authorization.k8s.io/clusterrolebindings",
          "create rbac.authorization.k8s.io/rolebindings",
          "approve certificates.k8s.io/signers",
          "sign certificates.k8s.io/signers",
          "create authentication.k8s.io/tokenreviews",
          "create authorization.k8s.io/subjectaccessreviews",
          "create certificates.k8s.io/certificatesigningrequests",
          "get certificates.k8s.io/certificatesigningrequests",
          "manage podpool.dev/workerpools/tasks",
          "read podpool.dev/workerpools/tasks",
          "work podpool.dev/workerpools/tasks");
  // Everybody may.
  private static final Set<String> OF_EVERYBODY =
      Set.of("create authorization.k8s.io/selfsubjectrulesreviews");

  @Test
  void theOperatorUsesEveryRightThatItHasAndAsksForNoOther(ApiServer server) throws Exception {
    try (TestCluster cluster = new TestCluster(server)) {
      OperatorAccount.forgetLeader(cluster.client);
      OperatorAccount.forgetCa(cluster.client);
      OperatorAccount.USED.clear();
      cluster.makesDefaultQueue = true;
      cluster.createConfigMap("owned-members");
      cluster.createPod("taken-0");
      ClusterOperator leader =
          cluster.operator(
              new Leadership(OperatorAccount.NAMESPACE, "one", false, Duration.ofSeconds(3)));
      leader.start();
      try {
        cluster.apply("taken", "{workers: 1}");
        cluster.apply("owned", "{daemon: false}");
        cluster.apply("used", "{daemon: false, workers: 1}");
        cluster.run("used-0", 1);
        cluster.awaitMessage("used", "Joined");
        cluster.patch("used", "{workers: 0}");
        await(cluster.queue::told, told -> told.contains("cordon used-0"));
        cluster.deletePool("used");
        await(() -> cluster.pool("used"), pool -> pool == null);
        await(() -> cluster.message("owned"), message -> message != null);
        cluster.queue.say(
            "process-used",
            status ->
                status
                    .setReady(1)
                    .getProcessBuilder()
                    .getSpecBuilder()
                    .setName("any")
                    .setDaemon(true)
                    .setParent("process-gone"));
        await(
            () -> cluster.process("process-used"),
            made -> made != null && made.getStatus() != null);
        cluster.queue.forgets("process-used");
        await(() -> cluster.process("process-used"), made -> made == null);
        var certificates = new CertificateClient(cluster, cluster.createQueuePod("default"));
        certificates.awaitCertificate(certificates.ask(new Asked()));
        certificates.awaitRefusal(certificates.ask(new Asked().withNames("another")));
        cluster.patchQueue("default", "{replicas: 3}");
        await(
            () -> cluster.queueCluster("default").getStatus().conditions(), all -> all.size() == 2);
        cluster.client.resource(cluster.queueCluster("default")).delete();
        await(
            () -> cluster.client.rbac().clusterRoleBindings().withName(binding(cluster)).get(),
            binding -> binding == null);
        new QueueLinks(
                OperatorAccount.client(cluster.client),
                queue -> () -> null,
                new QueueNews() {
                  @Override
                  public void ofPool(String namespace, String pool) {}

                  @Override
                  public void ofProcess(QueueCluster queue, PoolStatus process) {}
                })
            .isGone(cluster.namespace, "any", "any");
      } finally {
        leader.close();
      }
      Set<String> used = new TreeSet<>(OperatorAccount.USED);
      used.removeAll(OF_EVERYBODY);
      Set<String> allowed = new TreeSet<>();
      for (var role : cluster.client.load(OperatorAccount.roles("operator-roles.yaml")).items()) {
        var rules = role instanceof ClusterRole all ? all.getRules() : ((Role) role).getRules();
        rules.forEach(rule -> add(rule, allowed));
      }
      allowed.removeAll(NOT_CALLED);
      assertThat(used).isEqualTo(allowed);
    }
  }

  private static String binding(TestCluster cluster) {
    return QueueNames.binding(cluster.namespace, "default");
  }

  @Test
  void itsRolesGiveItNothingThatCouldGiveItMore(ApiServer server) {
    Set<String> allowed = new TreeSet<>();
    for (var role : server.client().load(OperatorAccount.roles("operator-roles.yaml")).items()) {
      for (PolicyRule rule :
          role instanceof ClusterRole all ? all.getRules() : ((Role) role).getRules()) {
        add(rule, allowed);
        if (rule.getResources().contains("secrets")) {
          assertThat(role).isInstanceOf(Role.class);
          assertThat(rule.getResourceNames()).containsExactly(CaStore.SECRET);
        }
        if (rule.getResources().contains("signers")) {
          assertThat(rule.getResourceNames()).containsExactly(SigningReconciler.SIGNER);
        }
      }
    }
    assertThat(allowed).noneMatch(right -> right.matches(".*[*].*|(escalate|bind|impersonate) .*"));
  }

  private static void add(PolicyRule rule, Set<String> allowed) {
    for (String group : rule.getApiGroups()) {
      for (String resource : rule.getResources()) {
        for (String verb : rule.getVerbs()) {
          allowed.add(verb + " " + group + "/" + resource);
        }
      }
    }
  }
}
