package dev.weir.access;

import dev.weir.core.AIError;

/**
 * The shape of a user's id: 1 to 128 characters, letters, digits and {@code . _ : @ | + = ~ -}
 * after a letter or digit. Wide enough for addresses, UUIDs and the subjects of identity providers;
 * narrow enough for logs, headers and SQL settings, none of which it can break out of. Names that
 * begin with {@code weir-} are those of Weir's own accounts, and nobody else's.
 */
final class UserIds {
  private static final int MAX = 128;
  private static final String PUNCTUATION = "._:@|+=~-";

  private static final String OWN = "weir-";

  private UserIds() {}

  static boolean valid(String id) {
    return !id.isEmpty()
        && id.length() <= MAX
        && letterOrDigit(id.charAt(0))
        && id.chars().allMatch(c -> letterOrDigit(c) || PUNCTUATION.indexOf(c) >= 0);
  }

  /** Whether it is the name of an account of Weir's own. */
  static boolean reserved(String id) {
    return id.startsWith(OWN);
  }

  static void check(String field, String id) {
    if (reserved(id)) {
      throw AIError.invalid(
          "'" + field + "' must not begin with " + OWN + ": such names are Weir's own accounts.");
    }
    if (!valid(id)) {
      throw AIError.invalid(
          "'"
              + field
              + "' must have 1 to 128 characters: letters, digits and . _ : @ | + = ~ - after a"
              + " letter or digit.");
    }
  }

  private static boolean letterOrDigit(int c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }
}
