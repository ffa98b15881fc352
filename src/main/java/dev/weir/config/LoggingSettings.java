package dev.weir.config;

/**
 * What is logged and how.
 *
 * @param level DEBUG, INFO, WARN or ERROR at start; changeable while running
 * @param json one JSON object (ECS) a line, or pretty lines for a terminal
 */
public record LoggingSettings(String level, boolean json) {
  /** INFO as JSON. */
  public static final LoggingSettings DEFAULT = new LoggingSettings("INFO", true);
}
