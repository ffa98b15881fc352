package dev.weir.prompts;

/**
 * One place where a value breaks its schema. Safe to show to whoever sent the value: it names the
 * place and the rule and never repeats the value.
 *
 * @param path the place, as in {@code $.skills[3]}; at most 300 characters
 * @param message what is wrong there and what would be right, as the rest of a sentence that begins
 *     with the path
 */
public record Violation(String path, String message) {
  @Override
  public String toString() {
    return path + " " + message;
  }
}
