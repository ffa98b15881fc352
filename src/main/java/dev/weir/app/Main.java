package dev.weir.app;

import dev.weir.cli.Actions;
import dev.weir.cli.WeirCommand;
import dev.weir.telemetry.Logs;
import java.util.List;

/** The process: the command line, and behind it the service. */
public final class Main {
  private Main() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    Logs.bridge();
    var actions =
        new Actions(
            () -> new Serve().run(),
            Check::run,
            Migrate::run,
            List.of(new JournalCommand(), new JsonCommand()));
    System.exit(WeirCommand.run(actions, args));
  }
}
