package dev.weir.analytics;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One way to tell calls apart.
 *
 * @param kind what it looks at
 * @param tag the tag's key, where the kind is {@code TAG}; else empty
 */
public record Dimension(Kind kind, String tag) {
  private static final Pattern TAG = Pattern.compile("tag:([a-z][a-z0-9_.-]{0,31}|\\(other\\))");

  /** What a dimension looks at. */
  public enum Kind {
    /** On whose account. */
    USER,
    /** The key's team. */
    TEAM,
    /** The id of the key. */
    KEY,
    /** The function, or {@code chat}. */
    FUNCTION,
    /** The function's version. */
    VERSION,
    /** The experiment. */
    EXPERIMENT,
    /** The experiment's arm. */
    VARIANT,
    /** Who answered. */
    PROVIDER,
    /** The model asked. */
    MODEL,
    /** How the cache took part. */
    CACHE,
    /** The value of a tag. */
    TAG
  }

  static Dimension of(Kind kind) {
    return new Dimension(kind, "");
  }

  /** The dimension of a name, if there is one. */
  public static Optional<Dimension> named(String name) {
    var tag = TAG.matcher(name);
    return tag.matches()
        ? Optional.of(new Dimension(Kind.TAG, tag.group(1)))
        : Arrays.stream(Kind.values())
            .filter(k -> k != Kind.TAG && label(k).equals(name))
            .findFirst()
            .map(Dimension::of);
  }

  /** The names there are, for messages. */
  public static List<String> names() {
    return Arrays.stream(Kind.values()).map(k -> k == Kind.TAG ? "tag:KEY" : label(k)).toList();
  }

  /** Its name in parameters and answers: {@code function}, {@code tag:team}. */
  public String name() {
    return kind == Kind.TAG ? "tag:" + tag : label(kind);
  }

  private static String label(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}
