package dev.weir.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir key revoke}. */
@Command(
    name = "revoke",
    mixinStandardHelpOptions = true,
    description = {
      "Ends a key for good, with every secret it has.",
      "The node that does it refuses the key at once, every other within 5 seconds."
    },
    footerHeading = "%nExamples:%n",
    footer = "  ./weir key revoke 0199c0de-...")
final class KeyRevokeCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "ID",
      description = "The key's id, as 'weir key list' shows it.")
  private String id = "";

  @Option(names = "--json", description = "Prints the whole record as JSON.")
  private boolean json;

  @Mixin private final KeyAccess access;

  @Spec private CommandSpec spec = CommandSpec.create();

  KeyRevokeCommand(World world) {
    this.access = new KeyAccess(world);
  }

  @Override
  public Integer call() {
    var revoked = access.with(keys -> keys.revoke(id));
    spec.commandLine()
        .getOut()
        .println(
            json
                ? KeyPrinter.pretty(revoked)
                : "Revoked "
                    + revoked.path("prefix").asText()
                    + " ("
                    + revoked.path("name").asText()
                    + ").");
    return ExitCode.OK;
  }
}
