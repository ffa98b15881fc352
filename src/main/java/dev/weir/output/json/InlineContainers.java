package dev.weir.output.json;

/** Objects and arrays that stand inside the text of a string, whose closers do not end it. */
final class InlineContainers {
  private final StringBuilder open = new StringBuilder();
  private boolean awaited;

  static boolean opens(char c) {
    return c == '{' || c == '[' || c == '(';
  }

  static char closer(char opener) {
    return switch (opener) {
      case '{' -> '}';
      case '[' -> ']';
      default -> ')';
    };
  }

  /** Says whether the next opener starts an inline container. */
  void await(boolean container) {
    awaited = container;
  }

  boolean awaited() {
    return awaited;
  }

  /** Whether none is open or awaited. */
  boolean none() {
    return !awaited && open.isEmpty();
  }

  /** Takes note of a character; whether it closes an inline container, and so is text. */
  boolean closes(char c) {
    if (c == '{' || c == '[') {
      if (awaited || !open.isEmpty()) {
        open.append(closer(c));
        awaited = false;
      }
      return false;
    }
    var last = open.length() - 1;
    if (last >= 0 && open.charAt(last) == c) {
      open.setLength(last);
      return true;
    }
    return false;
  }
}
