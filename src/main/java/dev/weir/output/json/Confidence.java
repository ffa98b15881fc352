package dev.weir.output.json;

import java.util.List;

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

  /** The confidence that a list of edits leaves. */
  static Confidence after(List<Edit> edits) {
    var worst = EXACT;
    for (var edit : edits) {
      var one =
          switch (edit.kind().weight()) {
            case LEXICAL -> HIGH;
            case STRUCTURAL -> MEDIUM;
            case GUESS -> LOW;
          };
      if (one.compareTo(worst) > 0) {
        worst = one;
      }
    }
    return worst;
  }
}
