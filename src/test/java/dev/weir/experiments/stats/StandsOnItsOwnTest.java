package dev.weir.experiments.stats;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The statistics know numbers, and nothing of tables, futures, files or clocks. */
class StandsOnItsOwnTest {

  @Test
  void theyUseTheJdksNumbersAndTheGammaFunctionsAlone() {
    var house =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.weir.experiments.stats");

    classes()
        .that()
        .resideInAPackage("dev.weir.experiments.stats")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "dev.weir.experiments.stats",
            "java.lang..",
            "java.util",
            "java.util.function",
            "java.util.stream",
            "org.apache.commons.numbers.gamma",
            "org.jspecify.annotations")
        .check(house);
  }
}
