package dev.weir.config;

import java.util.List;

/**
 * A value as it was written, and where.
 *
 * @param values the items of a list, or the one value
 * @param file the file, or {@code environment}
 * @param line the line, or 0
 * @param path the key or variable it was written under
 */
record Given(List<String> values, String file, int line, String path) {
  /** The one value. */
  String text() {
    return values.isEmpty() ? "" : values.getFirst();
  }

  /** A fault in this value. */
  ConfigFault fault(String reason) {
    return new ConfigFault(file, line, path, reason);
  }
}
