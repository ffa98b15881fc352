package dev.weir.limits;

import java.util.Locale;

/**
 * Whoever a limit belongs to.
 *
 * @param kind user, key or team
 * @param id the user's id, the key's id as a UUID in text, the team's id
 */
public record Subject(Kind kind, String id) {
  /** The kinds of subjects. */
  public enum Kind {
    /** An end user; always has the limits of a tier. */
    USER,
    /** An API key; has limits only where an administrator set some. */
    KEY,
    /** A team; as a key. */
    TEAM;

    /** Its name in the tables and the API. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A user. */
  public static Subject user(String id) {
    return new Subject(Kind.USER, id);
  }

  /** The subject as notifications name it: {@code user:alice}. */
  @Override
  public String toString() {
    return kind.label() + ":" + id;
  }
}
