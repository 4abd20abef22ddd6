package dev.podpool.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test class on a real kube-apiserver, which its methods may take as a parameter of type {@link
 * ApiServer}: one for all such classes of a test JVM. Skipped, with the reason, where the programs
 * are not there.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(OneApiServer.class)
@EnabledIfEnvironmentVariable(
    named = "KUBE_API_TEST_DIR",
    matches = ".+",
    disabledReason =
        "no kube-apiserver: set KUBE_API_TEST_DIR to a folder with"
            + " k8s/<version>-linux-amd64/{kube-apiserver,etcd,kubectl}, and"
            + " KUBE_API_TEST_API_SERVER_VERSION to that version")
public @interface OnApiServer {}
