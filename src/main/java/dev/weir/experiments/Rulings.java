package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Clock;
import dev.weir.core.Ids;
import dev.weir.core.Json;
import dev.weir.experiments.ExperimentTable.Decision;
import dev.weir.experiments.stats.Estimate;
import dev.weir.experiments.stats.SampleRatio;
import dev.weir.jobs.Turn;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What the service decides by itself: switching off what does harm, the alarm for a broken split,
 * verdicts, and a bandit's weights. What it decides it writes down with the data, in the
 * transactions of its turn, so that a node that lost the lead decides nothing. Any thread.
 */
final class Rulings {
  private static final Logger LOG = LogManager.getLogger(Rulings.class);
  private static final String ME = "weir";

  /** Of a million users not one would get another arm. */
  private static final double SAME = 1e-6;

  private final Clock clock;
  private final ExperimentTable table;
  private final ArmTable arms;

  Rulings(Clock clock) {
    this.clock = clock;
    this.table = new ExperimentTable(clock);
    this.arms = new ArmTable(table);
  }

  /** Decides by what was found. */
  Future<Void> rule(Turn turn, Judged experiment, Tally tally, Judgement.Result result) {
    var split = split(experiment, tally.exposed());
    return switchOff(turn, experiment, result.broken())
        .compose(_ -> turn.write(c -> conclude(c, experiment, tally, split, result)));
  }

  /** What was decided before, where that could not be done or its time has come. */
  Future<Void> again(Turn turn, Judged experiment, Judgement.Result result) {
    return switchOff(turn, experiment, result.broken())
        .compose(
            _ ->
                moves(experiment, result)
                    ? turn.write(c -> move(c, experiment, result))
                    : Future.succeededFuture());
  }

  /**
   * Switches off what does harm, each arm in a transaction of its own: nothing that goes wrong with
   * another arm or with the verdict keeps it on.
   */
  private Future<Integer> switchOff(Turn turn, Judged experiment, List<Judgement.Broken> broken) {
    var epoch = Future.succeededFuture(experiment.epoch());
    for (var one : broken) {
      epoch =
          epoch.compose(
              now ->
                  turn.write(c -> switchOff(c, experiment, one, now))
                      .recover(
                          e -> {
                            LOG.error(
                                "Experiment {}: the variant {} does harm and could not be switched"
                                    + " off",
                                experiment.name(),
                                one.arm(),
                                e);
                            return Future.succeededFuture(now);
                          }));
    }
    return epoch;
  }

  /** Whether users reached the arms as they should. */
  private static SampleRatio split(Judged experiment, Map<Integer, Map<String, Long>> all) {
    var exposed = new TreeMap<>(all);
    var ratio = new SampleRatio(experiment.arms().size());
    // An epoch that began a moment ago is counted at the next look.
    exposed.keySet().retainAll(experiment.epochs().keySet());
    exposed.forEach(
        (epoch, users) -> {
          var arms = experiment.arms();
          var shares =
              arms.stream().mapToDouble(a -> experiment.probability(epoch, a.name())).toArray();
          var counts = arms.stream().mapToLong(a -> users.getOrDefault(a.name(), 0L)).toArray();
          ratio.observeAll(counts, shares);
        });
    return ratio;
  }

  private Future<Void> conclude(
      SqlConnection c, Judged experiment, Tally tally, SampleRatio split, Judgement.Result result) {
    var json = result.json().put("at", clock.now().toString());
    var ratio = json.putObject("sample_ratio").put("users", split.users());
    ratio.put("p_value", split.pValue()).put("alarm", split.alarm());
    var suspended = experiment.suspended() || split.alarm();
    json.put("suspended", suspended);
    Future<?> done =
        JudgeTable.verdict(c, experiment.name(), json)
            .compose(_ -> JudgeTable.summary(c, experiment.name(), tally.sums()));
    if (split.alarm() && !experiment.suspended()) {
      done = done.compose(_ -> suspend(c, experiment, ratio.deepCopy()));
    }
    // A broken split is said already, and makes these differ too.
    if (result.entered().alarm() && experiment.live() && !suspended) {
      done = done.compose(_ -> warn(c, experiment, result.json().path("entered_ratio")));
    }
    if (!suspended) {
      for (var arm : result.significant().entrySet()) {
        if (!experiment.verdicts().contains(arm.getKey())) {
          done = done.compose(_ -> decide(c, experiment, arm.getKey(), arm.getValue()));
        }
      }
      if (moves(experiment, result)) {
        done = done.compose(_ -> move(c, experiment, result));
      }
    }
    return done.mapEmpty();
  }

  /** Who is compared may be no draw from who came; a warning, since the harm may be real. */
  private Future<Void> warn(SqlConnection c, Judged experiment, JsonNode data) {
    var message =
        "users of some arms come to a judged trial less often than those of others, so those who"
            + " are compared differ in more than their arm";
    return JudgeTable.alert(
        c,
        Ids.next(clock),
        "experiment-attrition:" + experiment.name(),
        Json.object()
            .put("experiment", experiment.name())
            .put("message", message)
            .set("entered_ratio", data));
  }

  private Future<Void> suspend(SqlConnection c, Judged experiment, ObjectNode data) {
    var because =
        "users do not reach the arms with the probabilities that were meant; something loses or"
            + " doubles users, so no comparison can be trusted";
    LOG.warn("Experiment {}: {}", experiment.name(), because);
    return JudgeTable.suspend(c, experiment.name(), because)
        .compose(
            _ ->
                table.decided(
                    c,
                    experiment.name(),
                    new Decision(ME, "suspended", Optional.empty(), because, data)))
        .compose(
            _ ->
                JudgeTable.alert(
                    c,
                    Ids.next(clock),
                    "experiment-sample-ratio:" + experiment.name(),
                    data.deepCopy().put("experiment", experiment.name()).put("message", because)));
  }

  /**
   * Switches an arm off, unless somebody has changed the experiment since it was judged: it is
   * judged again soon.
   *
   * @return the epoch of now, as far as it is known
   */
  private Future<Integer> switchOff(
      SqlConnection c, Judged experiment, Judgement.Broken broken, int epoch) {
    return table
        .lock(c, experiment.name())
        .compose(
            e ->
                e.live() && e.epoch() == epoch
                    ? switchOff(c, e, broken)
                    : Future.succeededFuture(epoch));
  }

  private Future<Integer> switchOff(
      SqlConnection c, ExperimentTable.Locked e, Judgement.Broken broken) {
    var reason =
        "the guardrail "
            + broken.rail().label()
            + " is broken: worse than control by more than the margin of "
            + broken.rail().margin();
    LOG.warn(
        "Experiment {}: the variant {} is switched off, since {}", e.name(), broken.arm(), reason);
    var why = new Decision(ME, "switched_off", Optional.of(broken.arm()), reason, broken.data());
    return arms.off(c, e, broken.arm(), true, why)
        .compose(
            epoch ->
                JudgeTable.alert(
                        c,
                        Ids.next(clock),
                        "experiment-guardrail:" + e.name() + "/" + broken.arm(),
                        Json.object()
                            .put("experiment", e.name())
                            .put("variant", broken.arm())
                            .put("message", reason)
                            .setAll(broken.data()))
                    .map(epoch));
  }

  private Future<Void> decide(SqlConnection c, Judged experiment, String arm, Estimate effect) {
    var reason =
        "the variant is "
            + (effect.value() > 0 ? "better" : "worse")
            + " than control in "
            + experiment.plan().primary().label();
    LOG.info("Experiment {}: {}: {}", experiment.name(), arm, reason);
    return table.decided(
        c,
        experiment.name(),
        new Decision(ME, "verdict", Optional.of(arm), reason, Judgement.json(effect)));
  }

  /** Whether a bandit's epoch is over, and another may begin. */
  private boolean moves(Judged experiment, Judgement.Result result) {
    return experiment.bandit()
        && experiment.running()
        && !experiment.suspended()
        && result.broken().isEmpty()
        && result.posteriors().size() >= 2
        && !clock.now().isBefore(experiment.epochBeganAt().plus(experiment.plan().banditEpoch()))
        && learnt(experiment, result.weights(experiment.plan()));
  }

  /**
   * Whether the next epoch would be another than the one there is. Where nobody came, or what they
   * did says the same, that goes on: a row a day for ever would tell nobody anything.
   */
  private static boolean learnt(Judged experiment, Map<String, Double> weights) {
    return weights.entrySet().stream()
        .anyMatch(
            arm ->
                Math.abs(arm.getValue() - experiment.probability(experiment.epoch(), arm.getKey()))
                    > SAME);
  }

  /** A bandit's next epoch. */
  private Future<Void> move(SqlConnection c, Judged experiment, Judgement.Result result) {
    var weights = result.weights(experiment.plan());
    var data = Json.object();
    var users = data.putObject("users");
    result.posteriors().forEach((arm, posterior) -> users.put(arm, posterior.users()));
    return table
        .lock(c, experiment.name())
        .compose(
            e ->
                e.status().equals("running") && e.epoch() == experiment.epoch()
                    ? move(c, e, weights, data)
                    : Future.succeededFuture(e.epoch()))
        .mapEmpty();
  }

  private Future<Integer> move(
      SqlConnection c, ExperimentTable.Locked e, Map<String, Double> weights, ObjectNode data) {
    var why =
        new Decision(
            ME,
            "bandit",
            Optional.empty(),
            "the probability of each variant to be the best, from users whose windows have closed",
            data);
    return arms.weights(c, e.name())
        .compose(
            now -> {
              weights.forEach(now::put);
              return arms.epoch(c, e, now, why);
            });
  }
}
