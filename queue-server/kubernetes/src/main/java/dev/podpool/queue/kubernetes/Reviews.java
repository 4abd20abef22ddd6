package dev.podpool.queue.kubernetes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.podpool.queue.front.Right;
import dev.podpool.queue.front.Verdict;
import dev.podpool.rpc.AccessDirectory;
import java.util.concurrent.CompletableFuture;

/**
 * The two questions that a queue asks: whose token is this (TokenReview), and may they
 * (SubjectAccessReview, in the queue's own namespace). Nothing is remembered here. No future fails.
 */
final class Reviews {

  private static final String TOKENS = "/apis/authentication.k8s.io/v1/tokenreviews";
  private static final String ACCESS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

  private final ApiServer api;
  private final String namespace;

  Reviews(ApiServer api, String namespace) {
    this.api = api;
    this.namespace = namespace;
  }

  /** What a token is. */
  sealed interface Identity {}

  /** A user's, as TokenReview describes them. */
  record Of(JsonNode user) implements Identity {}

  /** Nobody's. */
  record Nobody(String why) implements Identity {}

  /** It can't be told now. */
  record Unclear(String why) implements Identity {}

  CompletableFuture<Identity> whose(String token) {
    ObjectNode review = object("authentication.k8s.io/v1", "TokenReview");
    review
        .putObject("spec")
        .put("token", token)
        .putArray("audiences")
        .add(AccessDirectory.AUDIENCE);
    return api.post(TOKENS, review)
        .thenApply(Reviews::identity)
        .exceptionally(failure -> new Unclear("who calls can't be told now: " + message(failure)));
  }

  private static Identity identity(ApiServer.Answer answer) {
    if (!answer.isSuccess()) {
      return new Unclear(
          "who calls can't be told now, as the API server refuses to review tokens (%s); does the"
                  .formatted(answer.error())
              + " queue's ServiceAccount have ClusterRole podpool-queue?");
    }
    JsonNode status = answer.body().path("status");
    if (!status.path("authenticated").asBoolean(false)) {
      String error = status.path("error").asText("");
      return new Nobody(
          "the token is not one of this cluster's for audience "
              + AccessDirectory.AUDIENCE
              + ", or has expired"
              + (error.isEmpty() ? "" : " (" + error + ")")
              + ": mount one as a projected serviceAccountToken with that audience");
    }
    for (JsonNode audience : status.path("audiences")) {
      if (audience.asText().equals(AccessDirectory.AUDIENCE)) {
        return new Of(status.path("user"));
      }
    }
    // Who does not know audiences takes a token for whatever: then it may be made for others.
    return new Nobody(
        "the token is not for audience "
            + AccessDirectory.AUDIENCE
            + ": mount one as a projected serviceAccountToken with that audience");
  }

  CompletableFuture<Verdict> may(JsonNode user, Right right) {
    ObjectNode review = object("authorization.k8s.io/v1", "SubjectAccessReview");
    ObjectNode spec = review.putObject("spec");
    spec.put("user", user.path("username").asText());
    for (String field : new String[] {"uid", "groups", "extra"}) {
      if (user.has(field)) {
        spec.set(field, user.get(field));
      }
    }
    spec.putObject("resourceAttributes")
        .put("namespace", namespace)
        .put("verb", right.verb())
        .put("group", "podpool.dev")
        .put("resource", "workerpools")
        .put("subresource", "tasks");
    return api.post(ACCESS, review)
        .thenApply(answer -> verdict(answer, user.path("username").asText(), right))
        .exceptionally(
            failure ->
                Verdict.unknown("what the caller may can't be told now: " + message(failure)));
  }

  private Verdict verdict(ApiServer.Answer answer, String user, Right right) {
    if (!answer.isSuccess()) {
      return Verdict.unknown(
          "what %s may can't be told now, as the API server refuses to review it (%s); does the"
                  .formatted(user, answer.error())
              + " queue's ServiceAccount have ClusterRole podpool-queue?");
    }
    return answer.body().path("status").path("allowed").asBoolean(false)
        ? Verdict.YES
        : Verdict.no(lacking(user, right));
  }

  private String lacking(String user, Right right) {
    return "%s may not %s (podpool.dev workerpools/tasks) in namespace %s; %s"
        .formatted(user, right.verb(), namespace, remedy(user, right));
  }

  private String remedy(String user, Right right) {
    String role =
        switch (right) {
          case WORK -> "podpool-worker";
          case READ -> "podpool-viewer";
          case SUBMIT, CANCEL -> "podpool-submitter";
          case MANAGE -> "";
        };
    if (role.isEmpty()) {
      return "that is for the operator";
    }
    String[] account = user.split(":", -1);
    boolean isAccount = account.length == 4 && user.startsWith("system:serviceaccount:");
    return "to allow it: kubectl -n %s create rolebinding %s --clusterrole=%s %s"
        .formatted(
            namespace,
            isAccount ? role + "-" + account[3] : role,
            role,
            isAccount
                ? "--serviceaccount=" + account[2] + ":" + account[3]
                : "--user='" + user + "'");
  }

  private static ObjectNode object(String apiVersion, String kind) {
    return ApiServer.JSON.createObjectNode().put("apiVersion", apiVersion).put("kind", kind);
  }

  private static String message(Throwable failure) {
    Throwable cause = failure.getCause();
    return String.valueOf((cause == null ? failure : cause).getMessage());
  }
}
