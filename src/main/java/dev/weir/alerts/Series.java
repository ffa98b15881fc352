package dev.weir.alerts;

/**
 * Whose cost is watched.
 *
 * @param kind {@code user} or {@code function}
 * @param id the user or the function's name
 */
record Series(String kind, String id) {
  static Series user(String id) {
    return new Series("user", id);
  }

  static Series function(String name) {
    return new Series("function", name);
  }

  boolean isUser() {
    return kind.equals("user");
  }

  /** What its alert is called. */
  String alertName() {
    return "anomaly:" + kind + ":" + id;
  }
}
