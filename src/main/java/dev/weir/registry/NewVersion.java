package dev.weir.registry;

import java.util.Optional;

/**
 * A version that somebody wants to keep.
 *
 * @param function the function's name
 * @param source the function's text, in YAML or JSON
 * @param author who wrote it
 * @param note why
 * @param parent the version that it was made from
 */
public record NewVersion(
    String function, String source, String author, String note, Optional<String> parent) {}
