package dev.wrenn.tests.arch;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The walls between rooms, as ARCHITECTURE.md draws them.
class DependencyRulesTest {
    private static JavaClasses wrenn;

    @BeforeAll
    static void read() {
        wrenn =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.wrenn");
        assertThat(wrenn.contain("dev.wrenn.control.server.ControlMain")).isTrue();
        assertThat(wrenn.contain("dev.wrenn.host.agent.AgentMain")).isTrue();
    }

    @Test
    void controlAndHostMeetOnlyAtTheContracts() {
        noClasses()
                .that()
                .resideInAPackage("dev.wrenn.control..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.wrenn.host..", "dev.wrenn.cli..")
                .check(wrenn);
        noClasses()
                .that()
                .resideInAPackage("dev.wrenn.host..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.wrenn.control..", "dev.wrenn.cli..")
                .check(wrenn);
    }

    @Test
    void commonKnowsNeitherPlane() {
        noClasses()
                .that()
                .resideInAPackage("dev.wrenn.common..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.wrenn.control..", "dev.wrenn.host..", "dev.wrenn.cli..")
                .check(wrenn);
        classes()
                .that()
                .resideInAPackage("dev.wrenn.common.model..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("dev.wrenn.common.model..", "java..", "org.jspecify..")
                .check(wrenn);
    }

    @Test
    void domainDoesNoInputOrOutput() {
        noClasses()
                .that()
                .resideInAPackage("dev.wrenn.control.domain..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.sql..",
                        "javax.sql..",
                        "java.net.http..",
                        "org.jdbi..",
                        "redis..",
                        "io.javalin..",
                        "org.eclipse.jetty..",
                        "com.google.protobuf..",
                        "dev.wrenn.contracts..",
                        "dev.wrenn.common.connect..")
                .check(wrenn);
    }

    @Test
    void onlyTheStoreSpeaksSql() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "dev.wrenn.control.store..", "dev.wrenn.common.datastores..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "org.jdbi..", "org.flywaydb..")
                .check(wrenn);
    }

    @Test
    void onlyTheBusSpeaksRedis() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.wrenn.control.bus..", "dev.wrenn.common.datastores..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("redis..")
                .check(wrenn);
    }

    @Test
    void onlyTheObjectsRoomSpeaksS3() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.wrenn.control.objects..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("software.amazon.awssdk..")
                .check(wrenn);
    }

    @Test
    void onlyLinuxLinksNativeCode() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.wrenn.host.linux..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.Linker")
                .check(wrenn);
    }

    @Test
    void featuresOfTheDomainFormNoCycle() {
        slices().matching("dev.wrenn.control.domain.(*)..").should().beFreeOfCycles().check(wrenn);
        slices().matching("dev.wrenn.host.(*)..").should().beFreeOfCycles().check(wrenn);
        slices().matching("dev.wrenn.control.(*)..").should().beFreeOfCycles().check(wrenn);
        slices().matching("dev.wrenn.common.(*)..").should().beFreeOfCycles().check(wrenn);
    }

    @Test
    void mainCodeHoldsNoFakes() {
        noClasses()
                .should()
                .haveSimpleNameStartingWith("Fake")
                .orShould()
                .haveSimpleNameStartingWith("Mock")
                .orShould()
                .haveSimpleNameStartingWith("Stub")
                .check(wrenn);
    }
}
