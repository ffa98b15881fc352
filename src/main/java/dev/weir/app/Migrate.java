package dev.weir.app;

import dev.weir.config.ConfigFault;
import dev.weir.config.ConfigLoader;
import dev.weir.config.Loaded;
import java.util.stream.Collectors;

/** {@code weir migrate}: brings the database to this version's schema and ends. */
final class Migrate {
  private Migrate() {}

  /** The number of migrations applied. */
  static int run() {
    return switch (ConfigLoader.ofProcess().load()) {
      case Loaded.Refused refused ->
          throw new StartFailure(
              refused.faults().stream()
                  .map(ConfigFault::toString)
                  .collect(Collectors.joining("\n  ", "The settings need mending:\n  ", "")));
      case Loaded.Accepted accepted -> {
        var shutdown = new Shutdown();
        try {
          yield OpenDatabase.migrate(accepted.config(), shutdown).applied();
        } finally {
          shutdown.run();
        }
      }
    };
  }
}
