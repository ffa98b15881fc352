package dev.weir.limits;

import dev.weir.core.AIError;
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

  private static final int LONGEST = 255;

  /**
   * Refuses what the ledger could not keep, with words for the caller: one request asks it for
   * many, and would have to be taken apart to find whom to blame.
   *
   * @throws AIError {@code INVALID_REQUEST}
   */
  public Subject {
    if (id.isEmpty() || id.length() > LONGEST) {
      throw AIError.invalid("The id of a user, key or team has 1 to " + LONGEST + " characters.");
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
