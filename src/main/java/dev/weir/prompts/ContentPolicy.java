package dev.weir.prompts;

import java.math.BigDecimal;
import java.time.Duration;

/**
 * Which contents of a function's calls are kept, for evaluations of its versions.
 *
 * @param share of its calls that a provider answers, above 0 and at most 1
 * @param life how long each is kept
 */
public record ContentPolicy(BigDecimal share, Duration life) {}
