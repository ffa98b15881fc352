package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.experiments.ExperimentTable.Decision;
import dev.weir.experiments.ExperimentTable.Locked;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * The statements by which users are shared out among the arms of an experiment that is locked:
 * weights, the epochs in which they hold, arms that are switched off and on. Each method runs
 * inside of a transaction of its caller, as {@code weir_admin} or {@code weir_jobs}.
 */
final class ArmTable {
  private static final String WEIGHTS =
      """
      SELECT jsonb_object_agg(prompt_variant, weight)::text AS weights
      FROM prompt_experiments WHERE experiment_name = $1
      """;
  private static final String ARMS =
      """
      SELECT prompt_variant, is_control, switched_off_at IS NOT NULL AS off
      FROM prompt_experiments WHERE experiment_name = $1
      """;
  private static final String EPOCH =
      "UPDATE experiments SET epoch = $2 WHERE experiment_name = $1";
  private static final String NEW_EPOCH =
      """
      INSERT INTO experiment_epochs (experiment_name, epoch, weights, reason) VALUES ($1, $2, $3::text::jsonb, $4)
      """;
  private static final String ARM_WEIGHT =
      """
      UPDATE prompt_experiments SET weight = $3, changed_at = now()
      WHERE experiment_name = $1 AND prompt_variant = $2 AND weight <> $3
      """;
  private static final String OFF =
      """
      UPDATE prompt_experiments SET switched_off_at = now(), switched_off_because = $3, off_before_epoch = $4, changed_at = now()
      WHERE experiment_name = $1 AND prompt_variant = $2 AND switched_off_at IS NULL
      """;
  private static final String ON =
      """
      UPDATE prompt_experiments SET switched_off_at = NULL, switched_off_because = NULL, counts_from_epoch = $3, changed_at = now()
      WHERE experiment_name = $1 AND prompt_variant = $2 AND switched_off_at IS NOT NULL
      """;

  /** Decisions by which people set weights. */
  private static final Set<String> PEOPLES = Set.of("weights", "switched_on");

  private static final double ROUNDING = 1e-9;

  private final ExperimentTable experiments;

  ArmTable(ExperimentTable experiments) {
    this.experiments = experiments;
  }

  /** The first epoch of an experiment that starts; its probabilities. */
  Future<ObjectNode> first(SqlConnection c, String name) {
    return weights(c, name)
        .compose(
            weights -> {
              var epoch = shares(weights);
              return c.preparedQuery(NEW_EPOCH)
                  .execute(Tuple.of(name, 1, epoch.toString(), "start"))
                  .map(epoch);
            });
  }

  Future<ObjectNode> weights(SqlConnection c, String name) {
    return c.preparedQuery(WEIGHTS)
        .execute(Tuple.of(name))
        .map(rows -> (ObjectNode) Json.parse(rows.iterator().next().getString("weights")));
  }

  /** The arm that the others are compared with, and those that are switched off. */
  private record Arms(String control, Set<String> off) {}

  private static Future<Arms> arms(SqlConnection c, String name) {
    return c.preparedQuery(ARMS)
        .execute(Tuple.of(name))
        .map(
            rows -> {
              var control = "";
              var off = new HashSet<String>();
              for (var row : rows) {
                var arm = row.getString("prompt_variant");
                if (row.getBoolean("is_control")) {
                  control = arm;
                }
                if (row.getBoolean("off")) {
                  off.add(arm);
                }
              }
              return new Arms(control, Set.copyOf(off));
            });
  }

  /**
   * Opens an epoch with these weights, for users first seen after it.
   *
   * @return its number; {@code CONFLICT} if a switched-off arm, which no guardrail watches, would
   *     get a weight
   */
  Future<Integer> epoch(SqlConnection c, Locked e, ObjectNode weights, Decision why) {
    return arms(c, e.name())
        .compose(
            arms -> {
              for (var arm : weights.properties()) {
                if (arms.off().contains(arm.getKey()) && arm.getValue().doubleValue() > 0) {
                  throw AIError.of(
                      ErrorCode.CONFLICT,
                      "The variant '"
                          + arm.getKey()
                          + "' is switched off; give it the weight 0, or switch it on first.");
                }
              }
              requireFloor(e, weights, arms.off(), why);
              return open(c, e, weights, why);
            });
  }

  /** What people set of a bandit is held to its floor too; its own weights are above it. */
  private static void requireFloor(Locked e, ObjectNode weights, Set<String> off, Decision why) {
    if (e.banditFloor().isEmpty() || !PEOPLES.contains(why.what())) {
      return;
    }
    var floor = Math.min(e.banditFloor().get(), 1.0 / weights.size());
    for (var arm : shares(weights).properties()) {
      if (!off.contains(arm.getKey()) && arm.getValue().doubleValue() < floor - ROUNDING) {
        throw belowFloor(arm.getKey(), arm.getValue().doubleValue(), floor);
      }
    }
  }

  static AIError belowFloor(String arm, double share, double floor) {
    return AIError.invalid(
        String.format(
                Locale.ROOT,
                "The variant '%s' would get %.3g of the users, below the bandit's floor of %.3g;"
                    + " give",
                arm,
                share,
                floor)
            + " no variant less, or set a lower 'bandit.floor' before the start.");
  }

  private Future<Integer> open(SqlConnection c, Locked e, ObjectNode weights, Decision why) {
    var next = e.epoch() + 1;
    var shares = shares(weights);
    Future<?> done =
        c.preparedQuery(EPOCH)
            .execute(Tuple.of(e.name(), next))
            .compose(
                _ ->
                    c.preparedQuery(NEW_EPOCH)
                        .execute(Tuple.of(e.name(), next, shares.toString(), why.reason())));
    for (var arm : weights.properties()) {
      done =
          done.compose(
              _ ->
                  c.preparedQuery(ARM_WEIGHT)
                      .execute(Tuple.of(e.name(), arm.getKey(), arm.getValue().doubleValue())));
    }
    var data = why.data().put("epoch", next);
    data.set("probabilities", shares);
    return done.compose(_ -> experiments.decided(c, e.name(), why)).map(next);
  }

  /**
   * Switches an arm off in an epoch of its own: who came before gets control's behaviour.
   *
   * @param toControl whether control takes the users where no other arm has a weight; else that is
   *     a {@code CONFLICT}
   * @return the epoch's number
   */
  Future<Integer> off(SqlConnection c, Locked e, String variant, boolean toControl, Decision why) {
    return weights(c, e.name())
        .compose(
            weights -> {
              requireArm(e, weights, variant);
              return arms(c, e.name())
                  .compose(arms -> epoch(c, e, without(weights, variant, arms, toControl), why));
            })
        .compose(
            epoch ->
                c.preparedQuery(OFF)
                    .execute(Tuple.of(e.name(), variant, why.reason(), epoch))
                    .map(epoch));
  }

  private static ObjectNode without(
      ObjectNode weights, String variant, Arms arms, boolean toControl) {
    if (arms.off().contains(variant)) {
      throw AIError.of(
          ErrorCode.CONFLICT, "The variant '" + variant + "' is switched off already.");
    }
    if (variant.equals(arms.control())) {
      throw AIError.of(
          ErrorCode.CONFLICT,
          "The variant '"
              + variant
              + "' is control, whose behaviour users of a switched-off variant get; give it the"
              + " weight 0, or stop the experiment.");
    }
    weights.put(variant, 0.0);
    if (sum(weights) <= 0) {
      if (!toControl) {
        throw AIError.of(
            ErrorCode.CONFLICT,
            "No other variant has a weight above zero; stop the experiment instead.");
      }
      weights.put(arms.control(), 1.0);
    }
    return weights;
  }

  /** Switches an arm on again, for users who come from now on. */
  Future<Void> on(SqlConnection c, Locked e, String variant, double weight, Decision why) {
    return weights(c, e.name())
        .compose(
            weights -> {
              requireArm(e, weights, variant);
              return c.preparedQuery(ON)
                  .execute(Tuple.of(e.name(), variant, e.epoch() + 1))
                  .compose(_ -> epoch(c, e, weights.put(variant, weight), why));
            })
        .mapEmpty();
  }

  static void requireArm(Locked e, ObjectNode weights, String variant) {
    if (!weights.has(variant)) {
      throw AIError.of(
          ErrorCode.NOT_FOUND,
          "The experiment '" + e.name() + "' has no variant called '" + variant + "'.");
    }
  }

  /** Weights as probabilities. */
  static ObjectNode shares(JsonNode weights) {
    var sum = sum(weights);
    var shares = Json.object();
    weights
        .properties()
        .forEach(arm -> shares.put(arm.getKey(), arm.getValue().doubleValue() / sum));
    return shares;
  }

  static double sum(JsonNode weights) {
    return weights.properties().stream().mapToDouble(arm -> arm.getValue().doubleValue()).sum();
  }
}
