package dev.weir.config;

import java.util.List;

/** What became of reading the settings. */
public sealed interface Loaded {
  /**
   * They are good.
   *
   * @param config the settings
   * @param warnings what an operator should read, one sentence each; no secrets
   */
  record Accepted(WeirConfig config, List<String> warnings) implements Loaded {
    /** Copies the warnings. */
    public Accepted {
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * They are not.
   *
   * @param faults every fault that was found, at least one
   */
  record Refused(List<ConfigFault> faults) implements Loaded {
    /** Copies the faults. */
    public Refused {
      faults = List.copyOf(faults);
    }
  }
}
