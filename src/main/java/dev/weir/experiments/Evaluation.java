package dev.weir.experiments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Clock;
import dev.weir.core.Ids;
import dev.weir.core.Json;
import dev.weir.experiments.ExperimentTable.Decision;
import dev.weir.experiments.stats.Estimate;
import dev.weir.experiments.stats.SampleRatio;
import dev.weir.experiments.stats.Thompson;
import dev.weir.jobs.Job;
import dev.weir.jobs.Turn;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Looks at all experiments every few seconds, on one node of all: closes the units whose time has
 * come, judges, switches off what does harm, sounds the alarm for a broken split, and moves a
 * bandit's weights when its epoch is over. What it decides it writes down with the data. It writes
 * in the transactions of its turn, so that a node that lost the lead decides nothing.
 */
public final class Evaluation {
  private static final Logger LOG = LogManager.getLogger(Evaluation.class);
  private static final Duration PERIOD = Duration.ofSeconds(5);
  private static final int CLOSED_AT_ONCE = 5_000;
  private static final int MOST_ROUNDS = 50;
  private static final String ME = "weir";

  private final Vertx vertx;
  private final Clock clock;
  private final ExperimentTable table;

  /** An evaluation; it does nothing until its job is led. */
  public Evaluation(Vertx vertx, Clock clock) {
    this.vertx = vertx;
    this.clock = clock;
    this.table = new ExperimentTable(clock);
  }

  /** The job. */
  public Job job() {
    return Job.every(PERIOD, "experiments", this::look);
  }

  /** One look at everything. */
  Future<Void> look(Turn turn) {
    return close(turn, 0)
        .compose(_ -> turn.database().jobs(JudgeTable::judged))
        .compose(all -> each(turn, all));
  }

  private Future<Void> close(Turn turn, int round) {
    return turn.write(c -> JudgeTable.close(c, CLOSED_AT_ONCE))
        .compose(
            closed ->
                closed == CLOSED_AT_ONCE && round < MOST_ROUNDS
                    ? close(turn, round + 1)
                    : Future.succeededFuture());
  }

  private Future<Void> each(Turn turn, List<Judged> all) {
    Future<Void> done = Future.succeededFuture();
    for (var experiment : all) {
      done =
          done.compose(_ -> judge(turn, experiment))
              // One that cannot be judged must not keep the others waiting.
              .recover(
                  e -> {
                    LOG.warn("The experiment {} could not be judged", experiment.name(), e);
                    return Future.succeededFuture();
                  });
    }
    return done;
  }

  private Future<Void> judge(Turn turn, Judged experiment) {
    var judgement = new Judgement(experiment);
    return turn.database()
        .jobs(
            c ->
                JudgeTable.closed(c, experiment, judgement)
                    .compose(_ -> JudgeTable.first(c, experiment, judgement))
                    .compose(_ -> JudgeTable.exposed(c, experiment.name())))
        .compose(
            exposed ->
                vertx
                    .executeBlocking(judgement::finish)
                    .compose(
                        result ->
                            switchOff(turn, experiment, result.broken())
                                .compose(
                                    _ ->
                                        turn.write(
                                            c ->
                                                conclude(
                                                    c,
                                                    experiment,
                                                    split(experiment, exposed),
                                                    result)))));
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
  private static SampleRatio split(Judged experiment, Map<Integer, Map<String, Long>> exposed) {
    var ratio = new SampleRatio(experiment.arms().size());
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
      SqlConnection c, Judged experiment, SampleRatio split, Judgement.Result result) {
    var json = result.json().put("at", clock.now().toString());
    var ratio = json.putObject("sample_ratio").put("users", split.users());
    ratio.put("p_value", split.pValue()).put("alarm", split.alarm());
    var suspended = experiment.suspended() || split.alarm();
    json.put("suspended", suspended);
    Future<?> done = JudgeTable.verdict(c, experiment.name(), json);
    if (split.alarm() && !experiment.suspended()) {
      done = done.compose(_ -> suspend(c, experiment, ratio.deepCopy()));
    }
    if (!suspended) {
      for (var arm : result.significant().entrySet()) {
        if (!experiment.verdicts().contains(arm.getKey())) {
          done = done.compose(_ -> decide(c, experiment, arm.getKey(), arm.getValue()));
        }
      }
      if (experiment.bandit() && experiment.running() && result.broken().isEmpty()) {
        done = done.compose(_ -> move(c, experiment, result));
      }
    }
    return done.mapEmpty();
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
    return table
        .off(c, e, broken.arm(), true, why)
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

  /** A bandit's next epoch, if the one before is over. */
  private Future<Void> move(SqlConnection c, Judged experiment, Judgement.Result result) {
    var plan = experiment.plan();
    var over = experiment.epochBeganAt().plus(plan.banditEpoch());
    var arms = List.copyOf(result.posteriors().keySet());
    if (clock.now().isBefore(over) || arms.size() < 2) {
      return Future.succeededFuture();
    }
    var floor = Math.min(plan.banditFloor(), 1.0 / arms.size());
    var weights = Thompson.weights(List.copyOf(result.posteriors().values()), true, floor);
    var data = Json.object();
    var users = data.putObject("users");
    result.posteriors().forEach((arm, posterior) -> users.put(arm, posterior.users()));
    return table
        .lock(c, experiment.name())
        .compose(
            e ->
                e.status().equals("running") && e.epoch() == experiment.epoch()
                    ? move(c, e, arms, weights, data)
                    : Future.succeededFuture(e.epoch()))
        .mapEmpty();
  }

  private Future<Integer> move(
      SqlConnection c,
      ExperimentTable.Locked e,
      List<String> arms,
      double[] weights,
      ObjectNode data) {
    var why =
        new Decision(
            ME,
            "bandit",
            Optional.empty(),
            "the probability of each variant to be the best, from users whose windows have closed",
            data);
    return table
        .weights(c, e.name())
        .compose(
            now -> {
              for (var i = 0; i < arms.size(); i++) {
                now.put(arms.get(i), weights[i]);
              }
              return table.epoch(c, e, now, why);
            });
  }
}
