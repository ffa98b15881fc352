package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What is fixed before an experiment starts, so that nobody chooses it by the data.
 *
 * @param primary the metric that decides
 * @param alpha the error of all comparisons with control together
 * @param expectedUsers when a decision is expected: intervals are tightest near it
 * @param byUsers whether every user counts the same when epochs are combined (else by information)
 * @param guardrails what must not get worse
 * @param guardrailAlpha the error of all guardrails together
 * @param banditEpoch how often a bandit may move its weights
 * @param banditFloor what no arm of a bandit gets less than
 */
record ExperimentPlan(
    Primary primary,
    double alpha,
    long expectedUsers,
    boolean byUsers,
    List<Rail> guardrails,
    double guardrailAlpha,
    Duration banditEpoch,
    double banditFloor) {
  ExperimentPlan {
    guardrails = List.copyOf(guardrails);
  }

  /** The metrics that may decide. */
  enum Primary {
    /** The share of a user's trials that gave a valid answer. */
    VALIDITY,
    /** The share of a user's feedback that says success. */
    FEEDBACK;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a guardrail looks at. */
  enum Watched {
    /** First trials that failed. */
    FAILED,
    /** First trials slower than a bound; those that timed out or were cancelled are slow. */
    SLOW,
    /** Cost per success. */
    COST_PER_SUCCESS;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A guardrail.
   *
   * @param watched what it looks at
   * @param margin how much worse than control is still put up with: a share, or USD per success
   * @param overMs for {@code SLOW}: from where on a trial is slow
   */
  record Rail(Watched watched, double margin, long overMs) {
    String label() {
      return watched == Watched.SLOW ? "slow_over_" + overMs + "_ms" : watched.label();
    }
  }

  ObjectNode json() {
    var json =
        Json.object()
            .put("primary", primary.label())
            .put("alpha", alpha)
            .put("expected_users", expectedUsers)
            .put("epoch_rule", byUsers ? "by_users" : "by_information")
            .put("guardrail_alpha", guardrailAlpha)
            .put("bandit_epoch_s", banditEpoch.toSeconds())
            .put("bandit_floor", banditFloor);
    var rails = json.putArray("guardrails");
    for (var rail : guardrails) {
      var one =
          rails.addObject().put("metric", rail.watched().label()).put("margin", rail.margin());
      if (rail.watched() == Watched.SLOW) {
        one.put("over_ms", rail.overMs());
      }
    }
    return json;
  }

  static ExperimentPlan of(JsonNode json) {
    var rails = new ArrayList<Rail>();
    json.path("guardrails")
        .forEach(
            rail ->
                rails.add(
                    new Rail(
                        Watched.valueOf(rail.path("metric").asText().toUpperCase(Locale.ROOT)),
                        rail.path("margin").asDouble(),
                        rail.path("over_ms").asLong())));
    return new ExperimentPlan(
        Primary.valueOf(json.path("primary").asText("validity").toUpperCase(Locale.ROOT)),
        json.path("alpha").asDouble(0.05),
        json.path("expected_users").asLong(10_000),
        json.path("epoch_rule").asText().equals("by_users"),
        rails,
        json.path("guardrail_alpha").asDouble(0.05),
        Duration.ofSeconds(json.path("bandit_epoch_s").asLong(86_400)),
        json.path("bandit_floor").asDouble(0.05));
  }
}
