package dev.weir.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code weir cache}: holds the commands about the response cache. */
@Command(
    name = "cache",
    mixinStandardHelpOptions = true,
    description = {
      "Shows what the response cache saves, throws answers away, fills it, tunes it.",
      "By the management API with WEIR_ADMIN_KEY (in dev mode: data/dev-keys)."
    },
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir cache stats",
      "  ./weir cache invalidate --function cover-letter",
      "  ./weir cache warm inputs.jsonl",
      "  ./weir cache tune pairs.jsonl"
    })
final class CacheCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return ExitCode.USAGE;
  }
}
