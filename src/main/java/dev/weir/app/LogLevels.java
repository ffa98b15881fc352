package dev.weir.app;

import dev.weir.admin.LogLevel;
import dev.weir.telemetry.Logs;

/** The log's level as the admin API moves it. */
record LogLevels(Logs logs) implements LogLevel {
  @Override
  public String current() {
    return logs.level();
  }

  @Override
  public void set(String level) {
    logs.changeLevel(level);
  }
}
