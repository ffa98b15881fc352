package dev.weir.cli;

import dev.weir.access.ApiKey;
import dev.weir.gateway.Principal.Role;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code weir key generate}. */
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    description = {
      "Prints a fresh key that nobody knows yet, without any server or database.",
      "It is good once it is registered: an admin key by WEIR_ADMIN_KEY_FILE at the server's start."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ./weir key generate > admin-key", "  WEIR_ADMIN_KEY_FILE=admin-key ./weir serve"})
final class KeyGenerateCommand implements Callable<Integer> {
  @Option(
      names = "--role",
      paramLabel = "ROLE",
      description = "user, service or admin. Default: admin.")
  private Role role = Role.ADMIN;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    spec.commandLine().getOut().println(ApiKey.generate(role).reveal());
    return ExitCode.OK;
  }
}
