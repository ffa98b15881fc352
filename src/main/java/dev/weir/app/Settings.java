package dev.weir.app;

import dev.weir.config.ConfigFault;
import dev.weir.config.ConfigLoader;
import dev.weir.config.Loaded;
import dev.weir.config.WeirConfig;
import java.util.stream.Collectors;

/** The settings of this process, for commands that cannot do without them. */
final class Settings {
  private Settings() {}

  /**
   * Reads them. Blocks.
   *
   * @throws StartFailure that names every fault
   */
  static WeirConfig load() {
    return switch (ConfigLoader.ofProcess().load()) {
      case Loaded.Accepted accepted -> accepted.config();
      case Loaded.Refused refused ->
          throw new StartFailure(
              refused.faults().stream()
                  .map(ConfigFault::toString)
                  .collect(Collectors.joining("\n  ", "The settings need mending:\n  ", "")));
    };
  }
}
