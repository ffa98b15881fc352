package dev.weir.prompts;

/** Spells the place of a value in a tree: {@code $.a.b[0]['odd name']}. */
final class JsonPath {
  static final String ROOT = "$";
  private static final String PLAIN =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-$";
  private static final int LONGEST_NAME = 64;
  private static final int LONGEST_PATH = 300;

  private JsonPath() {}

  /** The place of a member of the object at {@code parent}. */
  static String child(String parent, String name) {
    return bounded(isPlain(name) ? parent + "." + name : parent + "['" + tame(name) + "']");
  }

  /** The place of an element of the array at {@code parent}. */
  static String item(String parent, int index) {
    return bounded(parent + "[" + index + "]");
  }

  /**
   * A name from outside as it can be shown: without control characters or quotes, and of bounded
   * length.
   */
  static String tame(String name) {
    var shown = new StringBuilder();
    name.codePoints()
        .limit(LONGEST_NAME)
        .map(c -> Character.isISOControl(c) || c == '\'' || c == '`' ? '?' : c)
        .forEach(shown::appendCodePoint);
    return shown.length() < name.length() && name.codePointCount(0, name.length()) > LONGEST_NAME
        ? shown + "…"
        : shown.toString();
  }

  private static boolean isPlain(String name) {
    if (name.isEmpty() || name.length() > LONGEST_NAME) {
      return false;
    }
    for (var i = 0; i < name.length(); i++) {
      if (PLAIN.indexOf(name.charAt(i)) < 0) {
        return false;
      }
    }
    return true;
  }

  private static String bounded(String path) {
    return path.length() <= LONGEST_PATH ? path : path.substring(0, LONGEST_PATH - 1) + "…";
  }
}
