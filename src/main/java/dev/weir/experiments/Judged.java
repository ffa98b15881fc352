package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.sqlclient.Row;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An experiment as its judge reads it.
 *
 * @param name its name
 * @param status its status
 * @param bandit whether weights follow what is learned
 * @param suspended whether verdicts stand still
 * @param settle how long a call may take to come to an end
 * @param plan what was fixed before the start
 * @param arms the arms in their order
 * @param epochs the arms' probabilities, by epoch
 * @param epochBeganAt when the epoch of now began
 * @param verdicts the arms on which a verdict stands already
 */
record Judged(
    String name,
    String status,
    boolean bandit,
    boolean suspended,
    Duration settle,
    ExperimentPlan plan,
    List<Arm> arms,
    Map<Integer, Map<String, Double>> epochs,
    Instant epochBeganAt,
    List<String> verdicts) {

  /**
   * An arm.
   *
   * @param offAt since when it is switched off: what ends later is compared with nothing
   * @param from the first epoch whose users count; an arm that was switched on again begins anew
   */
  record Arm(String name, boolean control, Optional<Instant> offAt, int from) {
    boolean off() {
      return offAt.isPresent();
    }

    /**
     * Whether a user is part of this arm's comparison with control, whichever arm the user's own
     * is: both arms' users must be left out alike, or those who stay are no random draw.
     *
     * @param epoch of the user's first exposure
     * @param at when what is looked at was over
     */
    boolean compares(int epoch, Instant at) {
      return epoch >= from && offAt.filter(at::isAfter).isEmpty();
    }
  }

  String control() {
    return arms.stream().filter(Arm::control).findFirst().orElseThrow().name();
  }

  /** The arms that control is compared with. */
  List<Arm> treated() {
    return arms.stream().filter(arm -> !arm.control()).toList();
  }

  boolean running() {
    return status.equals("running");
  }

  /** Whether it is not over. */
  boolean live() {
    return running() || status.equals("paused");
  }

  /** The epoch that was judged last. */
  int epoch() {
    return epochs.keySet().stream().mapToInt(Integer::intValue).max().orElse(0);
  }

  /** Whether users came under different weights, so that arms' users are of different times. */
  boolean moved() {
    return epochs.values().stream().distinct().count() > 1;
  }

  /** An arm's probability in an epoch. */
  double probability(int epoch, String arm) {
    return epochs.getOrDefault(epoch, Map.of()).getOrDefault(arm, 0.0);
  }

  /** The probabilities of control and of another arm in an epoch. */
  Comparison.Odds odds(int epoch, String control, String treated) {
    var shares = epochs.getOrDefault(epoch, Map.of());
    return new Comparison.Odds(
        shares.getOrDefault(control, 0.0), shares.getOrDefault(treated, 0.0));
  }

  /**
   * Below which no arm's probability falls while it is on. A bandit's is fixed before the start:
   * one read from the weights that the data led to would weaken what may be said of them. Weights
   * that people set are no function of the data, so there the smallest above zero counts.
   */
  double floor() {
    var fixed = bandit ? Math.min(plan.banditFloor(), 1.0 / arms.size()) : 0.5;
    return Math.min(
        fixed,
        epochs.values().stream()
            .flatMap(e -> e.values().stream())
            .mapToDouble(Double::doubleValue)
            .filter(p -> p > 0)
            .min()
            .orElse(0.5));
  }

  static Judged of(
      Row row,
      JsonNode plan,
      List<Arm> arms,
      Map<Integer, Map<String, Double>> epochs,
      List<String> verdicts) {
    return new Judged(
        row.getString("experiment_name"),
        row.getString("status"),
        row.getString("mode").equals("bandit"),
        Optional.ofNullable(row.getOffsetDateTime("suspended_at")).isPresent(),
        Duration.ofSeconds(row.getLong("settle_s")),
        ExperimentPlan.of(plan),
        arms,
        epochs,
        row.getOffsetDateTime("epoch_began_at").toInstant(),
        verdicts);
  }
}
