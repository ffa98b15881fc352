package dev.weir.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code weir migrate}. */
@Command(
    name = "migrate",
    mixinStandardHelpOptions = true,
    description = {
      "Brings the database to this version's schema; does nothing where it is there already.",
      "The login of WEIR_DATABASE_MIGRATION_URL does it, else that of WEIR_DATABASE_URL."
    },
    footerHeading = "%nExamples:%n",
    footer = "  WEIR_DATABASE_URL=postgres://weir:secret@db/weir ./weir migrate")
final class MigrateCommand implements Callable<Integer> {
  private final Actions actions;

  @Spec private CommandSpec spec = CommandSpec.create();

  MigrateCommand(Actions actions) {
    this.actions = actions;
  }

  @Override
  public Integer call() throws Exception {
    int applied = actions.migrate().call();
    spec.commandLine()
        .getOut()
        .println(
            switch (applied) {
              case 0 -> "The schema is up to date.";
              case 1 -> "Applied 1 migration.";
              default -> "Applied " + applied + " migrations.";
            });
    return ExitCode.OK;
  }
}
