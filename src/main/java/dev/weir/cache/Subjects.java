package dev.weir.cache;

import java.util.Optional;

/**
 * What an answer belongs to, and what an invalidation may name.
 *
 * @param function the function's name, or {@code chat}
 * @param version the function's version, or empty
 * @param owner whose answer it is; empty where users share it
 * @param key its key in hexadecimal digits
 */
record Subjects(String function, String version, Optional<String> owner, String key) {

  /** The kinds of subjects, as the database names them. */
  enum Kind {
    ALL("all"),
    FUNCTION("function"),
    VERSION("version"),
    USER("user"),
    KEY("key");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  /** The one id of the subject {@code all}. */
  static final String EVERYTHING = "*";

  /** The id of a function's version among subjects. */
  static String versionId(String function, String version) {
    return function + ":" + version;
  }
}
