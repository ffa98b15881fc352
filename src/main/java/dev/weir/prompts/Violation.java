package dev.weir.prompts;

/**
 * One way in which a value breaks its schema.
 *
 * @param path where in the value, as a JSON path such as {@code $.skills[2]}
 * @param message what is wrong there, in words, without the value
 */
public record Violation(String path, String message) {}
