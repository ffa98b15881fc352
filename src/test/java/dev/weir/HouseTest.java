package dev.weir;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Holds the arrows of the house: docs/ARCHITECTURE.md draws them. */
class HouseTest {
  private static final JavaClasses HOUSE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.weir");

  @Test
  void theArrowsRunDownwardsOnly() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .withOptionalLayers(true)
        .layer("app")
        .definedBy("dev.weir.app..", "dev.weir.cli..")
        .layer("doors")
        .definedBy("dev.weir.http..", "dev.weir.bus..", "dev.weir.admin..", "dev.weir.management..")
        .layer("stages")
        .definedBy(
            "dev.weir.limits..",
            "dev.weir.cache..",
            "dev.weir.experiments..",
            "dev.weir.evaluation..",
            "dev.weir.providers..",
            "dev.weir.resilience..",
            "dev.weir.output",
            "dev.weir.metering..",
            "dev.weir.access..")
        .layer("wire")
        .definedBy("dev.weir.wire..")
        .layer("gateway")
        .definedBy("dev.weir.gateway..")
        .layer("rooms")
        .definedBy(
            "dev.weir.prompts..",
            "dev.weir.pricing..",
            "dev.weir.repricing..",
            "dev.weir.health..",
            "dev.weir.jobs..",
            "dev.weir.analytics..",
            "dev.weir.forecast..",
            "dev.weir.alerts..",
            "dev.weir.registry..",
            "dev.weir.contents..")
        .layer("ground")
        .definedBy(
            "dev.weir.storage..", "dev.weir.journal..", "dev.weir.telemetry..", "dev.weir.config..")
        .layer("core")
        .definedBy("dev.weir.core..", "dev.weir.output.json..")
        .whereLayer("app")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("doors")
        .mayOnlyBeAccessedByLayers("app")
        .whereLayer("stages")
        .mayOnlyBeAccessedByLayers("app", "doors")
        .whereLayer("wire")
        .mayOnlyBeAccessedByLayers("app", "doors")
        .whereLayer("gateway")
        .mayOnlyBeAccessedByLayers("app", "doors", "wire", "stages")
        .whereLayer("rooms")
        .mayOnlyBeAccessedByLayers("app", "doors", "wire", "stages", "gateway")
        .whereLayer("ground")
        .mayOnlyBeAccessedByLayers("app", "doors", "wire", "stages", "gateway", "rooms")
        .check(HOUSE);
  }

  @Test
  void noStageReachesIntoAnother() {
    var stages =
        List.of(
            "limits",
            "cache",
            "experiments",
            "evaluation",
            "providers",
            "resilience",
            "output",
            "metering");
    for (var one : stages) {
      var others =
          stages.stream()
              .filter(s -> !s.equals(one))
              .map(s -> "dev.weir." + s)
              .toArray(String[]::new);
      noClasses()
          .that()
          .resideInAPackage("dev.weir." + one)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(others)
          .allowEmptyShould(true)
          .check(HOUSE);
    }
  }

  @Test
  void theRepairModuleStandsOnItsOwn() {
    noClasses()
        .that()
        .resideInAPackage("dev.weir.output.json..")
        .should()
        .dependOnClassesThat(
            com.tngtech.archunit.base.DescribedPredicate.describe(
                "are Weir's but not the module's",
                c ->
                    c.getPackageName().startsWith("dev.weir.")
                        && !c.getPackageName().startsWith("dev.weir.output.json")))
        .allowEmptyShould(true)
        .check(HOUSE);
  }

  @Test
  void noRoomIsNamedAfterWhatItIsNot() throws IOException {
    try (var files = Files.walk(Path.of("src/main/java"))) {
      assertThat(files.map(p -> p.getFileName().toString()))
          .noneMatch(
              name ->
                  name.matches(
                      "(?i)(util|utils|common|helpers?|managers?|impl|base)|.*(Utils?|Helper|Manager|Impl)\\.java"));
    }
  }

  @Test
  void everyPackageTellsItsStory() throws IOException {
    try (var files = Files.walk(Path.of("src/main/java/dev/weir"))) {
      assertThat(files.filter(Files::isDirectory).filter(HouseTest::holdsJava))
          .allMatch(d -> Files.exists(d.resolve("package-info.java")), "has a package-info");
    }
  }

  private static boolean holdsJava(Path directory) {
    try (var files = Files.list(directory)) {
      return files.anyMatch(f -> f.toString().endsWith(".java"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
