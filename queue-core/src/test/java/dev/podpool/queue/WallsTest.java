package dev.podpool.queue;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What the machine may know of: nothing by which two replicas could differ. */
class WallsTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.podpool.queue");

  @Test
  void theMachineKnowsOnlyPlainJavaAndTheProtocol() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "dev.podpool.queue",
            "dev.podpool.protocol",
            "com.google.protobuf",
            "java.lang",
            "java.lang.invoke", // lambdas
            "java.lang.runtime", // records
            "java.util",
            "java.util.function",
            "java.util.regex",
            "java.util.stream",
            "java.security",
            "org.jspecify.annotations")
        .check(CLASSES);
  }

  @Test
  void nothingInItIsOrderedByHashDrawnByLotOrTakenFromAClock() {
    noClasses()
        .should()
        .dependOnClassesThat(
            named(
                "java.util.HashMap",
                "java.util.HashSet",
                "java.util.IdentityHashMap",
                "java.util.WeakHashMap",
                "java.util.Hashtable",
                "java.util.Random",
                "java.util.SplittableRandom",
                "java.util.UUID",
                "java.util.Date",
                "java.util.Timer",
                "java.security.SecureRandom",
                "java.lang.Thread",
                "java.lang.Runtime",
                "java.lang.ProcessHandle"))
        .check(CLASSES);
    // Their order differs from JVM to JVM.
    for (Class<?> type : new Class<?>[] {java.util.Set.class, java.util.Map.class}) {
      noClasses().should().callMethodWhere(isFactoryOf(type)).check(CLASSES);
    }
    noClasses().should().dependOnClassesThat(named("java.util.stream.Collectors")).check(CLASSES);
    noClasses().should().callMethod(System.class, "currentTimeMillis").check(CLASSES);
    noClasses().should().callMethod(System.class, "nanoTime").check(CLASSES);
    noClasses().should().callMethod(System.class, "identityHashCode", Object.class).check(CLASSES);
    noClasses().should().callMethod(System.class, "getenv", String.class).check(CLASSES);
    noClasses().should().callMethod(System.class, "getProperty", String.class).check(CLASSES);
    noClasses().should().callMethod(Math.class, "random").check(CLASSES);
  }

  private static DescribedPredicate<JavaClass> named(String... names) {
    return DescribedPredicate.describe(
        "are " + String.join(", ", names),
        type -> java.util.Arrays.asList(names).contains(type.getName()));
  }

  private static DescribedPredicate<com.tngtech.archunit.core.domain.JavaMethodCall> isFactoryOf(
      Class<?> type) {
    return DescribedPredicate.describe(
        type.getSimpleName() + ".of or copyOf",
        call ->
            call.getTargetOwner().isEquivalentTo(type)
                && (call.getName().equals("of") || call.getName().equals("copyOf")));
  }
}
