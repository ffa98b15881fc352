package dev.weir.output.json;

/** The characters that writers use as quotes. */
final class Quotes {
  private Quotes() {}

  /** Whether a string can start with it. */
  static boolean opens(char c) {
    return switch (c) {
      case '"', '\'', '\u201C', '\u201D', '\u201E', '\u2018', '\u2019' -> true;
      default -> false;
    };
  }

  /** The quote that ends a string which starts with {@code open}. */
  static char closer(char open) {
    return switch (open) {
      case '\u201C', '\u201E' -> '\u201D';
      case '\u2018' -> '\u2019';
      default -> open;
    };
  }
}
