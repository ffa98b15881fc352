package dev.weir.evaluation;

import java.math.BigDecimal;
import java.util.UUID;

/**
 * A shadow run that is under way.
 *
 * @param id the run
 * @param name its name
 * @param account the user on whose account its copies go
 * @param candidate who is asked as well
 * @param share of the function's calls, above 0 and at most 1
 */
record Shadow(UUID id, String name, String account, Candidate candidate, BigDecimal share) {
  /** Whether this call is also sent to the candidate. */
  boolean draws(UUID call) {
    return Sample.draws("shadow " + id, call, share);
  }
}
