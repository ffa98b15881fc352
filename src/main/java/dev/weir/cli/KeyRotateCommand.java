package dev.weir.cli;

import dev.weir.core.Json;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir key rotate}. */
@Command(
    name = "rotate",
    mixinStandardHelpOptions = true,
    description = {
      "Gives a key a new secret and prints it, this once.",
      "The old one stays good for the overlap, so that callers can change over one by one. The key"
          + " keeps its id, its limits and its usage."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir key rotate 0199c0de-... --overlap 7d",
      "  ./weir key rotate 0199c0de-... --overlap 0s     (the old one leaked: it ends now)"
    })
final class KeyRotateCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      paramLabel = "ID",
      description = "The key's id, as 'weir key list' shows it.")
  private String id = "";

  @Option(
      names = "--overlap",
      paramLabel = "TIME",
      description = "How long the old one stays good: 24h, 7d, 0s. Default: 24h.")
  private @Nullable String overlap;

  @Option(names = "--json", description = "Prints the whole record as JSON.")
  private boolean json;

  @Mixin private final KeyAccess access;

  @Spec private CommandSpec spec = CommandSpec.create();

  KeyRotateCommand(World world) {
    this.access = new KeyAccess(world);
  }

  @Override
  public Integer call() {
    var wish = Json.object();
    if (overlap != null) {
      wish.put("overlap", overlap);
    }
    var issued = access.with(keys -> keys.rotate(id, wish));
    KeyPrinter.issued(issued, json, spec.commandLine().getOut(), spec.commandLine().getErr());
    return ExitCode.OK;
  }
}
