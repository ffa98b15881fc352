package dev.weir.evaluation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.experiments.stats.PairedMean;

/**
 * Whether a candidate gives more valid answers than what is served, by each user's first call. A
 * call of which a provider failed a side says nothing of that version: it is left out and counted.
 * Which calls these are may have to do with the candidate all the same, so where there are more
 * than {@value ScorerLine#MOST_MISSING} of them, no difference is told.
 */
final class FirstCalls {
  private final PairedMean paired;
  private final double alpha;
  private int users;
  private int leftOut;
  private int missingLive;
  private int missingShadow;

  FirstCalls(double alpha, int expectedUsers) {
    this.alpha = alpha;
    this.paired = new PairedMean(alpha, expectedUsers);
  }

  /** A user's first call: {@code ok} or the code of an error, of both sides. */
  void user(String live, String shadow) {
    var noLive = Outcome.saysNothing(live);
    var noShadow = Outcome.saysNothing(shadow);
    missingLive += noLive ? 1 : 0;
    missingShadow += noShadow ? 1 : 0;
    if (noLive || noShadow) {
      leftOut++;
      return;
    }
    users++;
    paired.observe(score(live), score(shadow));
  }

  private static double score(String outcome) {
    return outcome.equals(Outcome.OK) ? 1 : 0;
  }

  /** The difference, candidate minus what is served, where one can be told. */
  ObjectNode json() {
    var json =
        Json.object()
            .put("users", users)
            .put("left_out", leftOut)
            .put("missing_live", missingLive)
            .put("missing_shadow", missingShadow)
            .put("alpha", alpha);
    if (leftOut > ScorerLine.MOST_MISSING * (users + leftOut)) {
      return json.put("finding", ScorerLine.TOO_MUCH_MISSING);
    }
    var estimate = paired.estimate();
    if (!Double.isNaN(estimate.value())) {
      json.put("effect", estimate.value());
    }
    return json.put("lower", estimate.lower())
        .put("upper", estimate.upper())
        .put("p_value", estimate.pValue());
  }
}
