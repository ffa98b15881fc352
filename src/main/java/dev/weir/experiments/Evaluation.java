package dev.weir.experiments;

import dev.weir.core.Clock;
import dev.weir.jobs.Job;
import dev.weir.jobs.Turn;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Looks at all experiments every few seconds, on one node of all: closes the units whose time has
 * come, reads what is new of each ({@link Watch}), judges it ({@link Judgement}) and decides what
 * is decided by itself ({@link Rulings}). Where nothing has changed it does nothing.
 */
public final class Evaluation {
  private static final Logger LOG = LogManager.getLogger(Evaluation.class);
  private static final Duration PERIOD = Duration.ofSeconds(5);
  private static final int CLOSED_AT_ONCE = 5_000;
  private static final int PAGE = 1_000;
  private static final int MOST_ROUNDS = 50;

  private final Vertx vertx;
  private final Clock clock;
  private final int page;
  private final Rulings rulings;
  private final Map<String, Watch> watches = new HashMap<>();
  private long fence = -1;

  /** An evaluation; it does nothing until its job is led. */
  public Evaluation(Vertx vertx, Clock clock) {
    this(vertx, clock, PAGE);
  }

  /** With so many users to a page. */
  Evaluation(Vertx vertx, Clock clock, int page) {
    this.page = page;
    this.vertx = vertx;
    this.clock = clock;
    this.rulings = new Rulings(clock);
  }

  /** The job. */
  public Job job() {
    return Job.every(PERIOD, "experiments", this::look);
  }

  /** One look at everything; one at a time. */
  Future<Void> look(Turn turn) {
    if (turn.fence() != fence) {
      // Another node may have led in between.
      watches.clear();
      fence = turn.fence();
    }
    return turn.write(JudgeTable::resolve)
        .compose(_ -> turn.database().jobs(UnitTable::open))
        .compose(names -> close(turn, names))
        .compose(_ -> turn.database().jobs(JudgeTable::judged))
        .compose(all -> each(turn, all));
  }

  private Future<Void> close(Turn turn, List<String> names) {
    Future<Void> done = Future.succeededFuture();
    for (var name : names) {
      done =
          done.compose(_ -> turn.write(c -> UnitTable.closeOff(c, name, CLOSED_AT_ONCE)))
              .compose(_ -> close(turn, name, 0));
    }
    return done;
  }

  private Future<Void> close(Turn turn, String name, int round) {
    return turn.write(c -> UnitTable.close(c, name, CLOSED_AT_ONCE))
        .compose(
            closed ->
                closed == CLOSED_AT_ONCE && round < MOST_ROUNDS
                    ? close(turn, name, round + 1)
                    : Future.succeededFuture());
  }

  private Future<Void> each(Turn turn, List<Judged> all) {
    watches.keySet().retainAll(all.stream().map(Judged::name).toList());
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
    var watch =
        watches.computeIfAbsent(
            experiment.name(), _ -> new Watch(clock, turn.database(), page, experiment));
    return watch
        .look(experiment)
        .compose(all -> all ? rule(turn, experiment, watch) : Future.<Void>succeededFuture());
  }

  private Future<Void> rule(Turn turn, Judged experiment, Watch watch) {
    var facts = watch.unjudged(experiment);
    if (facts.isEmpty()) {
      return watch
          .result()
          .map(result -> rulings.again(turn, experiment, result))
          .orElseGet(Future::succeededFuture);
    }
    return vertx
        .executeBlocking(() -> facts.get().judgement().finish(experiment))
        .compose(
            result ->
                rulings
                    .rule(turn, experiment, facts.get().tally(), result)
                    .onSuccess(_ -> watch.judged(experiment, result)));
  }
}
