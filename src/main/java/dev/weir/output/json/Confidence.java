package dev.weir.output.json;

/** How sure it is that the value is what the writer meant. */
public enum Confidence {
  /** The text was valid JSON and is returned unchanged. */
  EXACT,
  /** Only spelling was corrected: quotes, commas, comments, literals, text around the document. */
  HIGH,
  /** Structure was restored: closers, quotes, colons, a cut end. */
  MEDIUM,
  /** A choice between readings was made, or text inside the document was left out. */
  LOW,
  /** The text holds nothing that could be read as JSON. */
  NONE;

  /** The best confidence that an edit leaves. */
  static Confidence after(Edit.Kind kind) {
    return switch (kind.weight()) {
      case LEXICAL -> HIGH;
      case STRUCTURAL -> MEDIUM;
      case GUESS -> LOW;
    };
  }
}
