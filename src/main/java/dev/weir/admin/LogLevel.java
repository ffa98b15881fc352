package dev.weir.admin;

/**
 * The level of the log, changeable while running. Implemented by whoever configures logging;
 * thread-safe.
 */
public interface LogLevel {
  /** DEBUG, INFO, WARN or ERROR. */
  String current();

  /**
   * Sets it for the whole process at once.
   *
   * @param level DEBUG, INFO, WARN or ERROR; nothing else arrives here
   */
  void set(String level);
}
