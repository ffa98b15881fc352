package dev.weir.evaluation;

import java.math.BigDecimal;
import java.util.UUID;

/**
 * A shadow run that is under way.
 *
 * @param run its name
 * @param candidate who is asked as well
 * @param share of the function's calls, above 0 and at most 1
 */
record Shadow(String run, Candidate candidate, BigDecimal share) {
  /** Whether this call is also sent to the candidate. */
  boolean draws(UUID call) {
    return Sample.draws("shadow " + run, call, share);
  }
}
