package dev.weir.config;

import dev.weir.core.Secret;
import java.util.Optional;

/**
 * What is logged and how.
 *
 * @param level DEBUG, INFO, WARN or ERROR at start; changeable while running
 * @param json one JSON object (ECS) a line, or pretty lines for a terminal
 * @param userSalt what users' names are hashed with, where several nodes must agree; else each
 *     installation makes one in its data directory
 */
public record LoggingSettings(String level, boolean json, Optional<Secret> userSalt) {
  /** INFO as JSON. */
  public static final LoggingSettings DEFAULT = new LoggingSettings("INFO", true, Optional.empty());
}
