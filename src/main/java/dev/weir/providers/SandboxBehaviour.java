package dev.weir.providers;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the sandbox behaves, read from its model's name.
 *
 * @param kind the behaviour
 * @param amount its figure: milliseconds, a status or a percentage; 0 if it has none
 */
record SandboxBehaviour(Kind kind, int amount) {
  /** A plain success. */
  static final SandboxBehaviour PLAIN = new SandboxBehaviour(Kind.PLAIN, 0);

  /** The behaviours, each with the pattern of its name and an example. */
  enum Kind {
    /** Succeeds. */
    PLAIN("plain", "plain"),
    /** Succeeds; under this name it makes the cache's vectors where there is no other model. */
    TRIGRAMS("trigrams", "trigrams"),
    /** Answers with the last message of the user. */
    ECHO("echo", "echo"),
    /** Succeeds after a wait. */
    SLOW("slow-(\\d{1,6})ms", "slow-2000ms"),
    /** Refuses with a status. */
    ERROR("error-([45]\\d\\d)", "error-500"),
    /** Refuses a share of the calls with status 500. */
    FLAKY("flaky-(\\d{1,2}|100)", "flaky-50"),
    /** Falls silent: a stream after a few words, a whole answer at once. */
    STALL("stall", "stall"),
    /** Breaks off in the middle. */
    TRUNCATE("truncate", "truncate"),
    /** Stops at its output cap. */
    LENGTH("length", "length"),
    /** Answers JSON that lacks a quote, a brace or so. */
    BROKEN_JSON("broken-json", "broken-json"),
    /** Answers JSON with friendly words around it. */
    PROSE_JSON("prose-json", "prose-json"),
    /** Answers JSON in a code fence. */
    FENCED_JSON("fenced-json", "fenced-json"),
    /** Answers JSON that breaks the schema. */
    INVALID_SCHEMA("invalid-schema", "invalid-schema"),
    /** Answers JSON that breaks the schema, and a valid one when it is asked again. */
    INVALID_ONCE("invalid-once", "invalid-once");

    private final Pattern pattern;
    private final String example;

    Kind(String pattern, String example) {
      this.pattern = Pattern.compile(pattern);
      this.example = example;
    }

    private Matcher match(String name) {
      return pattern.matcher(name);
    }
  }

  /**
   * The behaviour of this name.
   *
   * @throws AIError {@code NOT_FOUND} that lists the behaviours
   */
  static SandboxBehaviour parse(String name) {
    for (var kind : Kind.values()) {
      var match = kind.match(name);
      if (match.matches()) {
        return new SandboxBehaviour(
            kind, match.groupCount() == 0 ? 0 : Integer.parseInt(match.group(1)));
      }
    }
    throw AIError.of(
            ErrorCode.NOT_FOUND,
            "The sandbox knows no such behaviour; there are: "
                + String.join(", ", examples())
                + ".")
        .with("behaviours", examples());
  }

  /** A name of each behaviour. */
  static List<String> examples() {
    return java.util.Arrays.stream(Kind.values()).map(kind -> kind.example).toList();
  }
}
