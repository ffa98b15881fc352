package dev.weir.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code weir key}: the command that holds those about keys. */
@Command(
    name = "key",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Makes, lists, rotates and revokes keys.",
      "By the management API with WEIR_ADMIN_KEY (in dev mode: data/dev-keys); straight in the"
          + " database of WEIR_DATABASE_URL where there is no admin key or no server yet."
    },
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir key create --role user --user ada --name \"Ada's laptop\"",
      "  ./weir key create --role service --user shop --name checkout --expires-in 90d",
      "  ./weir key list",
      "  ./weir key rotate 0199c0de-... --overlap 24h",
      "  ./weir key revoke 0199c0de-..."
    })
final class KeyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  /** No command was given: shows which there are. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return ExitCode.USAGE;
  }
}
