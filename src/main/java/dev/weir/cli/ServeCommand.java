package dev.weir.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code weir serve}. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = "Runs the service until it is told to stop (Ctrl-C, SIGTERM).",
    footerHeading = "%nExamples:%n",
    footer = {
      "  WEIR_MODE=dev ./weir serve",
      "  WEIR_MODE=dev WEIR_HTTP_LISTEN=127.0.0.1:9090 ./weir serve",
      "  WEIR_DATABASE_URL_FILE=/run/secrets/database ./weir serve",
      "",
      "Every setting: docs/settings.md."
    })
final class ServeCommand implements Callable<Integer> {
  private final Actions actions;

  ServeCommand(Actions actions) {
    this.actions = actions;
  }

  @Override
  public Integer call() throws Exception {
    return actions.serve().call();
  }
}
