package dev.podpool.operator.cluster;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;

/** The operator's ServiceAccount, with the rights of its roles and no others. */
final class OperatorAccount {

  static final String NAMESPACE = "podpool-system";

  /** What was asked of the API server, as {@code verb group/resource}. */
  static final Set<String> USED = new ConcurrentSkipListSet<>();

  /** How often. */
  static final AtomicInteger CALLS = new AtomicInteger();

  private static KubernetesClient known;
  private static KubernetesClient knownOf;

  private OperatorAccount() {}

  /** A client with its token. */
  static synchronized KubernetesClient client(KubernetesClient admin) {
    if (knownOf != admin) {
      knownOf = admin;
      known = make(admin);
    }
    return known;
  }

  /** As if none had been made before. */
  static void forgetCa(KubernetesClient admin) {
    client(admin); // makes its namespace
    admin.secrets().inNamespace(NAMESPACE).withName(CaStore.SECRET).delete();
  }

  /** As if no replica had led before. */
  static void forgetLeader(KubernetesClient admin) {
    client(admin); // makes its namespace
    admin.leases().inNamespace(NAMESPACE).withName(Leadership.LEASE).delete();
  }

  /** A client with its token, of which {@code interceptor} is told. */
  static KubernetesClient client(KubernetesClient admin, Interceptor interceptor) {
    return client(client(admin).getConfiguration(), interceptor);
  }

  /** A client with its token to an API server that has trouble; it tries nothing again itself. */
  static KubernetesClient client(KubernetesClient admin, FaultyApi faulty, int callMillisMax) {
    Config config =
        new ConfigBuilder(client(admin).getConfiguration())
            .withOnlyHttpWatches(true)
            .withRequestRetryBackoffLimit(0)
            .withRequestTimeout(callMillisMax)
            .build();
    return client(config, faulty);
  }

  private static KubernetesClient client(Config config, Interceptor interceptor) {
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withHttpClientBuilderConsumer(
            builder -> builder.addOrReplaceInterceptor("given", interceptor))
        .build();
  }

  private static KubernetesClient make(KubernetesClient admin) {
    admin
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
    admin
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("operator")
                .withNamespace(NAMESPACE)
                .endMetadata()
                .build())
        .create();
    admin.load(roles("roles.yaml")).create();
    for (var role : admin.load(roles("operator-roles.yaml")).items()) {
      if (role instanceof ClusterRole all) {
        admin.resource(all).create();
        admin
            .resource(
                new ClusterRoleBindingBuilder()
                    .withNewMetadata()
                    .withName(all.getMetadata().getName())
                    .endMetadata()
                    .withNewRoleRef(
                        "rbac.authorization.k8s.io", "ClusterRole", all.getMetadata().getName())
                    .addNewSubject("", "ServiceAccount", "operator", NAMESPACE)
                    .build())
            .create();
      } else {
        Role own = (Role) role;
        own.getMetadata().setNamespace(NAMESPACE);
        admin.resource(own).create();
        admin
            .resource(
                new RoleBindingBuilder()
                    .withNewMetadata()
                    .withName("podpool-operator")
                    .withNamespace(NAMESPACE)
                    .endMetadata()
                    .withNewRoleRef(
                        "rbac.authorization.k8s.io", "Role", own.getMetadata().getName())
                    .addNewSubject("", "ServiceAccount", "operator", NAMESPACE)
                    .build())
            .create();
      }
    }
    String token =
        admin
            .serviceAccounts()
            .inNamespace(NAMESPACE)
            .withName("operator")
            .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
            .getStatus()
            .getToken();
    Config config =
        new ConfigBuilder(admin.getConfiguration())
            .withClientCertData(null)
            .withClientCertFile(null)
            .withClientKeyData(null)
            .withClientKeyFile(null)
            .withOauthToken(token)
            .withNamespace(NAMESPACE)
            .withUserAgent(Names.FIELD_MANAGER)
            .build();
    return new KubernetesClientBuilder()
        .withConfig(config)
        .withHttpClientBuilderConsumer(
            builder -> builder.addOrReplaceInterceptor("used", new Recorder()))
        .build();
  }

  /** Those of a chart's file; its own are in {@code operator-roles.yaml}. */
  static InputStream roles(String file) {
    try {
      return Files.newInputStream(Path.of("../../helm/podpool/files", file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class Recorder implements Interceptor {
    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
      USED.add(right(request.method(), request.uri()));
      CALLS.incrementAndGet();
    }
  }

  /** What a role must allow for that request. */
  static String right(String method, URI uri) {
    String[] path = uri.getPath().substring(1).split("/");
    int at = path[0].equals("api") ? 2 : 3;
    String group = path[0].equals("api") ? "" : path[1];
    if (path[at].equals("namespaces") && path.length > at + 2) {
      at += 2;
    }
    boolean named = path.length > at + 1;
    String resource = path[at] + (path.length > at + 2 ? "/" + path[at + 2] : "");
    boolean watches = uri.getQuery() != null && uri.getQuery().contains("watch=true");
    String verb =
        switch (method) {
          case "GET" -> watches ? "watch" : named ? "get" : "list";
          case "POST" -> "create";
          case "PUT" -> "update";
          case "PATCH" -> "patch";
          case "DELETE" -> "delete";
          default -> method;
        };
    return verb + " " + group + "/" + resource;
  }
}
