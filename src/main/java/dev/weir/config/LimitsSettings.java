package dev.weir.config;

/**
 * How limits are applied.
 *
 * @param mode what becomes of a call that is over one
 */
public record LimitsSettings(Mode mode) {
  /** Limits are in force. */
  public static final LimitsSettings DEFAULT = new LimitsSettings(Mode.ENFORCE);

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
