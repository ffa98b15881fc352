package dev.weir.output;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.gateway.OutputOutcome;
import dev.weir.gateway.Repairs;
import java.util.Optional;

/** What was made of a model's answer. */
sealed interface Reading {
  /** How it went, for the meters; empty where no schema judges. */
  Optional<OutputOutcome> outcome();

  /**
   * A value that fits.
   *
   * @param repairs what was mended in it
   */
  record Fits(JsonNode value, Repairs repairs, Optional<OutputOutcome> outcome)
      implements Reading {}

  /**
   * None.
   *
   * @param error what the caller is told
   * @param complaint what the model is told, if it is asked again
   * @param worthAsking whether asking it again may help
   */
  record Misfit(
      AIError error, String complaint, boolean worthAsking, Optional<OutputOutcome> outcome)
      implements Reading {}
}
