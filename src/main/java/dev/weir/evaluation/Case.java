package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * An item that somebody wrote down.
 *
 * @param line where it stood, for messages
 * @param input what is asked
 * @param expected what the answer should be
 * @param output an answer that there is already, to compare with
 * @param user whose it is; cases of one user are not independent of each other
 */
record Case(
    int line,
    JsonNode input,
    Optional<JsonNode> expected,
    Optional<JsonNode> output,
    Optional<String> user) {}
