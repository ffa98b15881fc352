package dev.weir.telemetry;

import dev.weir.core.Secret;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The safety net under the rule that no secret is logged: masks the process's own secrets wherever
 * they stand, and whatever has the shape of a key. It is the last step before a line is written, so
 * that it holds for libraries too. Immutable.
 */
final class Redacting {
  /** Shorter secrets would mask half of every line; they are the operator's to avoid. */
  private static final int SHORTEST = 8;

  private static final String MASK = "***";

  /**
   * Keys of Weir (the public part stays), of providers, JSON web tokens, bearer headers, and the
   * password of a database address. Every repetition is of one class of characters, so matching is
   * linear.
   */
  private static final String SHAPES =
      "\\b(?<kept>weir_[a-z]_[0-9A-Za-z]{4,16}_)[0-9A-Za-z]{8,}"
          + "|\\b(?:sk|pplx|xai|gsk)-[0-9A-Za-z_-]{12,}"
          + "|\\beyJ[0-9A-Za-z_-]{10,}\\.[0-9A-Za-z_-]{4,}(?:\\.[0-9A-Za-z_-]*)?"
          + "|\\b(?<bearer>[Bb]earer )[0-9A-Za-z._~+/=-]{8,}"
          + "|\\b(?<user>postgres(?:ql)?://[^:@/\\s]{1,64}:)[^@/\\s]{1,256}(?=@)";

  /**
   * A line that holds none of these cannot match a shape. Looking for them takes a hundredth of the
   * time of matching, and hardly a line holds one.
   */
  private static final List<String> SIGNS =
      List.of("weir_", "sk-", "pplx-", "xai-", "eyJ", "earer ", "postgres");

  private final List<String> signs;
  private final Pattern pattern;

  /** Masks these secrets and everything that looks like one. */
  Redacting(List<Secret> secrets) {
    var values =
        secrets.stream().map(Secret::value).filter(value -> value.length() >= SHORTEST).toList();
    this.signs = Stream.concat(SIGNS.stream(), values.stream()).toList();
    var exact = values.stream().map(Pattern::quote).collect(Collectors.joining("|"));
    this.pattern = Pattern.compile(exact.isEmpty() ? SHAPES : exact + "|" + SHAPES);
  }

  /** The line without its secrets; the line itself if it has none. */
  String redact(String line) {
    if (signs.stream().noneMatch(line::contains)) {
      return line;
    }
    var match = pattern.matcher(line);
    if (!match.find()) {
      return line;
    }
    var clean = new StringBuilder(line.length());
    do {
      match.appendReplacement(clean, "");
      for (var kept : List.of("kept", "bearer", "user")) {
        if (match.group(kept) != null) {
          clean.append(match.group(kept));
        }
      }
      clean.append(MASK);
    } while (match.find());
    return match.appendTail(clean).toString();
  }
}
