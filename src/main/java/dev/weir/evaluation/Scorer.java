package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import java.util.Optional;

/** What an answer is judged by; each gives a score from 0 to 1, or none. */
sealed interface Scorer {
  /** The longest text that may be looked for. */
  int LONGEST_TEXT = 1_000;

  /** The longest expected text that may be looked for. */
  int LONGEST_EXPECTED = 10_000;

  /** The judge where none is named. */
  String USUAL_JUDGE = "answer-judge";

  /** Its name in orders, tables and reports. */
  String name();

  /** Whether it has nothing to say of an item of which nobody said what the answer should be. */
  boolean needsExpected();

  /** Whether there is a value that fits the function's schema: 1 or 0. */
  record Fits() implements Scorer {
    @Override
    public String name() {
      return "schema";
    }

    @Override
    public boolean needsExpected() {
      return false;
    }
  }

  /** Whether the answer is what was expected, as JSON: 1 or 0. */
  record Exact() implements Scorer {
    @Override
    public String name() {
      return "exact";
    }

    @Override
    public boolean needsExpected() {
      return true;
    }
  }

  /**
   * Whether something is found in the answer: 1 or 0.
   *
   * @param text what; empty for what is expected of the item
   */
  record Contains(Optional<String> text) implements Scorer {
    @Override
    public String name() {
      return text.map(t -> "contains:" + t).orElse("contains");
    }

    @Override
    public boolean needsExpected() {
      return text.isEmpty();
    }

    /**
     * Whether what is expected of an item can be looked for: a text must not be longer than {@link
     * #LONGEST_EXPECTED} characters.
     */
    boolean takes(Optional<JsonNode> expected) {
      return text.isPresent()
          || expected
              .filter(e -> e.isTextual() && e.textValue().length() > LONGEST_EXPECTED)
              .isEmpty();
    }
  }

  /**
   * What a model says of the answer.
   *
   * @param function the function that is asked
   */
  record Judged(String function) implements Scorer {
    @Override
    public String name() {
      return "judge:" + function;
    }

    @Override
    public boolean needsExpected() {
      return false;
    }
  }

  /**
   * A scorer by its name.
   *
   * @throws AIError {@code INVALID_REQUEST} that names those there are
   */
  static Scorer parse(String text) {
    var colon = text.indexOf(':');
    var kind = colon < 0 ? text : text.substring(0, colon);
    var rest = colon < 0 ? Optional.<String>empty() : Optional.of(text.substring(colon + 1));
    if (rest.filter(r -> r.isBlank() || r.length() > LONGEST_TEXT).isEmpty()) {
      switch (kind) {
        case "schema" -> {
          if (rest.isEmpty()) {
            return new Fits();
          }
        }
        case "exact" -> {
          if (rest.isEmpty()) {
            return new Exact();
          }
        }
        case "contains" -> {
          return new Contains(rest);
        }
        case "judge" -> {
          return new Judged(rest.orElse(USUAL_JUDGE));
        }
        default -> {}
      }
    }
    throw AIError.invalid(
        "A scorer is schema, exact, contains, contains:TEXT (at most "
            + LONGEST_TEXT
            + " characters), judge or judge:FUNCTION; this is none of them: "
            + (text.length() > 40 ? text.substring(0, 40) + "…" : text));
  }
}
