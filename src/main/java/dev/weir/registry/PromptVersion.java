package dev.weir.registry;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Optional;

/**
 * A version of a function, as the registry keeps it; it never changes.
 *
 * @param function the function's name
 * @param version the version, as {@link dev.weir.prompts.FunctionDefinition#version} has it
 * @param source the text it was read from
 * @param definition the same as a tree
 * @param origin {@code file} or {@code api}
 * @param author who wrote it, as they said
 * @param note why, as they said
 * @param parent the version that it was made from
 * @param firstSeenAt when it came to the registry
 */
public record PromptVersion(
    String function,
    String version,
    String source,
    JsonNode definition,
    String origin,
    String author,
    String note,
    Optional<String> parent,
    Instant firstSeenAt) {}
