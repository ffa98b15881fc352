package dev.weir.prompts;

import java.math.BigDecimal;
import java.util.Optional;

/**
 * How a model is asked to write.
 *
 * @param temperature 0 to 2, or empty for the model's own
 * @param topP 0 to 1, or empty for the model's own
 * @param maxOutputTokens the cap on the answer, at least 16
 * @param reasoningEffort {@code minimal}, {@code low}, {@code medium} or {@code high}, or empty for
 *     the model's own
 */
public record Parameters(
    Optional<BigDecimal> temperature,
    Optional<BigDecimal> topP,
    int maxOutputTokens,
    Optional<String> reasoningEffort) {
  /** The cap on an answer where nobody names one. */
  public static final int DEFAULT_MAX_OUTPUT_TOKENS = 4096;

  /** Everything the model's own, under the default cap. */
  public static final Parameters DEFAULT =
      new Parameters(
          Optional.empty(), Optional.empty(), DEFAULT_MAX_OUTPUT_TOKENS, Optional.empty());
}
