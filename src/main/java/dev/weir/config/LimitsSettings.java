package dev.weir.config;

/**
 * How limits are applied.
 *
 * @param mode what becomes of a call that is over one
 * @param adaptiveConcurrency whether calls at once to a provider are cut when it fails or slows
 * @param overload when the process itself has too much to do
 */
public record LimitsSettings(Mode mode, boolean adaptiveConcurrency, OverloadSettings overload) {
  /** Limits are in force. */
  public static final LimitsSettings DEFAULT =
      new LimitsSettings(Mode.ENFORCE, true, OverloadSettings.DEFAULT);

  /** What becomes of a call that is over a limit. */
  public enum Mode {
    /** It is refused. */
    ENFORCE,
    /** It is let through, logged and counted: for trying limits out. */
    DRY_RUN,
    /** Nothing is counted, and nothing refused. */
    OFF
  }
}
