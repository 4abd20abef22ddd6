package dev.podpool;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What users see of the client. */
class WallsTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importUrl(Pool.class.getProtectionDomain().getCodeSource().getLocation());

  @Test
  void noPublicSignatureSpeaksOfTheWire() {
    classes()
        .that()
        .resideInAPackage("dev.podpool") // and not in dev.podpool.internal
        .and(areSeen())
        .should(notSpeakOfTheWire())
        .check(CLASSES);
  }

  private static DescribedPredicate<JavaClass> areSeen() {
    return DescribedPredicate.describe("users see", WallsTest::isSeen);
  }

  private static boolean isSeen(JavaClass type) {
    return isSeen(type.getModifiers())
        && type.getEnclosingClass().map(WallsTest::isSeen).orElse(true);
  }

  private static boolean isSeen(Set<JavaModifier> modifiers) {
    return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
  }

  private static ArchCondition<JavaClass> notSpeakOfTheWire() {
    return new ArchCondition<>("speak of no protobuf, gRPC or protocol type") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        Set<JavaClass> supertypes = new HashSet<>(type.getAllRawInterfaces());
        supertypes.addAll(type.getAllRawSuperclasses());
        report(type, type.getName(), supertypes, events);
        for (JavaMember member : type.getMembers()) {
          if (isSeen(member.getModifiers())) {
            report(type, member.getFullName(), spokenOf(member), events);
          }
        }
      }
    };
  }

  private static Set<JavaClass> spokenOf(JavaMember member) {
    Set<JavaClass> types = new HashSet<>();
    if (member instanceof JavaCodeUnit code) {
      Stream.concat(Stream.of(code.getReturnType()), code.getParameterTypes().stream())
          .map(JavaType::getAllInvolvedRawTypes)
          .forEach(types::addAll);
      types.addAll(code.getExceptionTypes());
    } else {
      types.addAll(member.getAllInvolvedRawTypes());
    }
    return types;
  }

  private static void report(
      JavaClass of, String what, Set<JavaClass> types, ConditionEvents events) {
    for (JavaClass type : types) {
      String name = type.getPackageName();
      if (Stream.of("com.google.protobuf", "io.grpc", "dev.podpool.protocol")
          .anyMatch(wire -> name.equals(wire) || name.startsWith(wire + "."))) {
        events.add(SimpleConditionEvent.violated(of, what + " speaks of " + type.getName()));
      }
    }
  }
}
