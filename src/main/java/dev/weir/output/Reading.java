package dev.weir.output;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import java.util.List;

/** What was made of a model's answer. */
sealed interface Reading {
  /**
   * A value that fits.
   *
   * @param edits what was mended in it, in words
   */
  record Fits(JsonNode value, List<String> edits) implements Reading {}

  /**
   * None.
   *
   * @param error what the caller is told
   * @param complaint what the model is told, if it is asked again
   * @param worthAsking whether asking it again may help
   */
  record Misfit(AIError error, String complaint, boolean worthAsking) implements Reading {}
}
