package dev.weir.evaluation;

import dev.weir.contents.Contents;
import dev.weir.core.Clock;
import dev.weir.core.Usd;
import dev.weir.gateway.OwnCalls;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** The evaluations that this node works on: {@value #AT_ONCE} at a time. Thread-safe. */
final class EvaluationRuns {
  static final int AT_ONCE = 2;

  private static final Logger LOG = LogManager.getLogger(EvaluationRuns.class);
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final EvaluationTable table;
  private final Contents contents;
  private final OwnCalls calls;
  private final Clock clock;
  private final Semaphore room = new Semaphore(AT_ONCE);
  private final Map<String, EvaluationRun> running = new ConcurrentHashMap<>();
  private final List<Promise<Void>> ends = new ArrayList<>();

  /** Whether calls can be made here. */
  private volatile boolean open;

  EvaluationRuns(EvaluationTable table, Contents contents, OwnCalls calls, Clock clock) {
    this.table = table;
    this.contents = contents;
    this.calls = calls;
    this.clock = clock;
  }

  /** Takes room for one more; false if there is none. */
  boolean findRoom() {
    return room.tryAcquire();
  }

  /** Gives room back that no evaluation was launched in. */
  void leaveRoom() {
    room.release();
  }

  /**
   * Launches an evaluation, which then has the room that was found.
   *
   * @param budget what it may cost on all nodes together
   * @param spent what it has cost before
   * @param unknown what it may have cost besides
   */
  void launch(EvaluationRun.Plan plan, Usd budget, Usd spent, Usd unknown) {
    var name = plan.name();
    var over = new CountDownLatch(1);
    var asking =
        new Asking(
            calls,
            Accounts.principal(Accounts.ofEvaluation(name)),
            clock,
            PATIENCE,
            budget,
            spent,
            unknown,
            over);
    var replay = new Replay(plan, asking, contents, clock);
    var run = new EvaluationRun(plan, replay, asking, table, clock, over);
    var end = Promise.<Void>promise();
    running.put(name, run);
    synchronized (ends) {
      ends.add(end);
    }
    if (!open) {
      // Its node is about to go, or not quite up: whoever looks for work next goes on with it.
      run.end(EvaluationEnd.goingDown());
    }
    LOG.info(
        "The evaluation {} begins here: {} of {} items are left, {} of {} USD are spent",
        name,
        plan.items().size(),
        plan.all(),
        spent,
        budget);
    Thread.ofVirtual()
        .name("evaluation-" + name)
        .start(
            () -> {
              try {
                run.run();
              } finally {
                running.remove(name, run);
                synchronized (ends) {
                  ends.remove(end);
                }
                room.release();
                end.complete();
              }
            });
  }

  boolean isOpen() {
    return open;
  }

  /** From now on calls can be made here. */
  void open() {
    open = true;
  }

  /** Leaves what runs here to the next node; succeeds when that is written. */
  Future<Void> close() {
    open = false;
    List<Future<Void>> all;
    synchronized (ends) {
      all = ends.stream().map(Promise::future).toList();
    }
    running.values().forEach(run -> run.end(EvaluationEnd.goingDown()));
    return Future.join(all).mapEmpty();
  }
}
