package dev.weir.cli;

import java.util.List;

/**
 * What a check of the configuration found.
 *
 * @param faults why it would not start, each as {@code file:line: path: reason}; empty if it would
 * @param warnings what an operator should read
 * @param summary what was checked, in one line
 */
public record CheckReport(List<String> faults, List<String> warnings, String summary) {
  /** Copies the lists. */
  public CheckReport {
    faults = List.copyOf(faults);
    warnings = List.copyOf(warnings);
  }
}
