package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.gateway.OwnCalls;
import dev.weir.jobs.Job;
import dev.weir.jobs.Turn;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Evaluations of candidate versions. One runs on the node that took its order, in the background,
 * with a heartbeat in its row; if that node goes, the one that leads goes on with it. A node runs
 * two at a time. Thread-safe; never blocks its callers.
 */
public final class Evaluations {
  private static final Future<Void> NONE = Future.succeededFuture();
  private static final int MOST_LISTED = 100;
  private static final Duration CLEANING = Duration.ofMinutes(10);
  private static final Duration LOOKING = Duration.ofSeconds(10);

  private final Vertx vertx;
  private final Preparation preparation;
  private final EvaluationTable table;
  private final EvaluationView view;
  private final EvaluationUpkeep upkeep;
  private final EvaluationRuns runs;

  /**
   * Evaluations.
   *
   * @param vertx runs callbacks
   * @param preparation makes plans of orders
   * @param calls asks versions
   * @param clock time
   */
  public Evaluations(Vertx vertx, Preparation preparation, OwnCalls calls, Clock clock) {
    this.vertx = vertx;
    this.preparation = preparation;
    this.table = new EvaluationTable(preparation.database());
    this.view = new EvaluationView(preparation.database());
    this.upkeep = new EvaluationUpkeep(vertx, table);
    this.runs = new EvaluationRuns(table, preparation.contents(), calls, clock);
  }

  /**
   * Takes an order and begins to work on it.
   *
   * @param body the order: {@code function}, {@code candidate}, {@code baseline}, {@code scorers},
   *     {@code cases}, {@code limit}, {@code version}, {@code budget_usd}, {@code name}
   * @param by the administrator
   * @return the evaluation as {@link #show} gives it; {@code INVALID_REQUEST}, {@code NOT_FOUND} or
   *     {@code CONFLICT} where it cannot be done, before anything is asked of any model
   */
  public Future<JsonNode> start(Callable<JsonNode> body, String by) {
    return aside(
        () -> {
          // Before the order is read, which may be large: nobody reads more than two at a time.
          if (!runs.findRoom()) {
            throw AIError.of(
                ErrorCode.CONFLICT,
                "This node runs "
                    + EvaluationRuns.AT_ONCE
                    + " evaluations already; wait for one to end, or stop one.");
          }
          return shown(launched(body, by));
        });
  }

  /** Launches an evaluation, which then has the slot; without one the slot is free again. */
  private String launched(Callable<JsonNode> body, String by) throws Exception {
    var launched = false;
    try {
      var order = OrderReader.read(body.call());
      var plan = kept(order, by).plan();
      runs.launch(plan, order.budget(), Usd.ZERO, Usd.ZERO);
      launched = true;
      return plan.name();
    } finally {
      if (!launched) {
        runs.leaveRoom();
      }
    }
  }

  private Preparation.Prepared kept(EvaluationOrder order, String by) throws InterruptedException {
    var prepared = preparation.of(order, by);
    if (!Asking.got(table.begin(prepared.beginning()))) {
      throw AIError.of(
          ErrorCode.CONFLICT,
          "There is an evaluation of the name '" + prepared.plan().name() + "'.");
    }
    return prepared;
  }

  /** The newest evaluations, without their reports. */
  public Future<JsonNode> list() {
    return view.newest(MOST_LISTED)
        .map(
            all -> {
              var json = Json.object();
              json.putArray("evaluations").addAll(all);
              return json;
            });
  }

  /**
   * An evaluation: how far it is, and its report once it has ended; {@code NOT_FOUND} if there is
   * none of this name.
   *
   * @param partial whether the report of now is made for one that has none yet
   */
  public Future<JsonNode> show(String name, boolean partial) {
    return found(name)
        .compose(
            json ->
                !partial || json.path("report").isObject()
                    ? Future.succeededFuture(json)
                    : table.items(name).compose(items -> reported(json, items)));
  }

  private Future<JsonNode> reported(ObjectNode json, List<Scored> items) {
    return aside(
        () -> {
          var scorers = new ArrayList<String>();
          json.path("scorers").forEach(scorer -> scorers.add(scorer.asText()));
          return json.set(
              "report",
              new EvaluationReport(
                      scorers, json.path("users").asInt(), json.path("users_expected").asInt())
                  .of(items));
        });
  }

  private Future<ObjectNode> found(String name) {
    return view.show(name)
        .map(
            found ->
                found.orElseThrow(
                    () -> AIError.of(ErrorCode.NOT_FOUND, "There is no evaluation of this name.")));
  }

  private JsonNode shown(String name) throws InterruptedException {
    return Asking.got(found(name));
  }

  /**
   * Has an evaluation take no further item, wherever it runs; {@code NOT_FOUND} as {@link #show}.
   */
  public Future<JsonNode> stop(String name) {
    return found(name).compose(_ -> table.askToStop(name)).compose(_ -> show(name, false));
  }

  /**
   * What the node that leads does: it goes on with evaluations whose node is gone, closes those
   * with which nobody can, and deletes scores when they are old.
   */
  public List<Job> jobs() {
    return List.of(
        Job.every(
            LOOKING,
            "evaluation-succession",
            turn -> runs.isOpen() ? aside(() -> goOn(turn)) : NONE),
        Job.every(CLEANING, "evaluation-scores", upkeep::round));
  }

  /** Takes over what it has room for; takes no room before there is something. */
  private @Nullable Void goOn(Turn turn) throws InterruptedException {
    while (runs.isOpen() && Asking.got(Succession.isThereOne(turn)) && runs.findRoom()) {
      var launched = false;
      try {
        var next = Asking.got(Succession.next(turn));
        if (next.isEmpty()) {
          return null;
        }
        launched = inherit(next.get());
      } finally {
        if (!launched) {
          runs.leaveRoom();
        }
      }
    }
    return null;
  }

  /** Goes on with an evaluation, which then has the slot; false if it has ended instead. */
  private boolean inherit(Succession.Inherited one) throws InterruptedException {
    if (one.stopAsked()) {
      end(one, EvaluationEnd.stopped());
      return false;
    }
    try {
      runs.launch(preparation.rest(one), one.budget(), one.spent(), one.open());
      return true;
    } catch (AIError e) {
      if (Refused.of(e.code()) == Refused.FOR_NOW) {
        Asking.got(table.handOver(one.held()));
        throw e;
      }
      end(
          one,
          EvaluationEnd.interrupted(
              "Its node went down, and the next one could not go on: " + e.message()));
      return false;
    }
  }

  private void end(Succession.Inherited one, EvaluationEnd why) throws InterruptedException {
    var report = one.report().of(Asking.got(table.items(one.held().name())));
    Asking.got(
        table.end(
            one.held(),
            why.status(),
            why.reason(),
            report,
            one.items() - one.left().size(),
            one.spent()));
  }

  /** From now on calls can be made here: it may go on with what others began. */
  public void open() {
    runs.open();
  }

  /** Leaves what runs here to the next node; succeeds when that is written. */
  public Future<Void> close() {
    return runs.close();
  }

  /** Work that may wait, on a virtual thread; its end is told where it was asked for. */
  private <T> Future<T> aside(Callable<T> work) {
    var context = vertx.getOrCreateContext();
    var promise = Promise.<T>promise();
    Thread.ofVirtual()
        .name("evaluations")
        .start(
            () -> {
              try {
                var value = work.call();
                context.runOnContext(_ -> promise.complete(value));
              } catch (Throwable e) {
                // An error too: who asked would wait for ever.
                context.runOnContext(_ -> promise.fail(AIError.from(e)));
              }
            });
    return promise.future();
  }
}
