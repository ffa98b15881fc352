package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.contents.Contents;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.gateway.OwnCalls;
import dev.weir.jobs.Job;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Evaluations of candidate versions. One runs on the node that took its order, in the background,
 * with a heartbeat in its row: one whose node dies is shown as interrupted. A node runs two at a
 * time. Thread-safe; never blocks its callers.
 */
public final class Evaluations {
  private static final Logger LOG = LogManager.getLogger(Evaluations.class);
  private static final int AT_ONCE = 2;
  private static final int MOST_LISTED = 100;
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration CLEANING = Duration.ofMinutes(10);

  private final Vertx vertx;
  private final Preparation preparation;
  private final Contents contents;
  private final EvaluationTable table;
  private final EvaluationUpkeep upkeep;
  private final OwnCalls calls;
  private final Clock clock;
  private final Semaphore slots = new Semaphore(AT_ONCE);
  private final Map<String, EvaluationRun> running = new ConcurrentHashMap<>();
  private final List<Promise<Void>> ends = new ArrayList<>();

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
    this.contents = preparation.contents();
    this.table = new EvaluationTable(preparation.database());
    this.upkeep = new EvaluationUpkeep(vertx, table);
    this.calls = calls;
    this.clock = clock;
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
          if (!slots.tryAcquire()) {
            throw AIError.of(
                ErrorCode.CONFLICT,
                "This node runs "
                    + AT_ONCE
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
      var prepared = kept(order, by);
      launch(prepared, order);
      launched = true;
      return prepared.plan().name();
    } finally {
      if (!launched) {
        slots.release();
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

  private void launch(Preparation.Prepared prepared, EvaluationOrder order) {
    var name = prepared.plan().name();
    var over = new CountDownLatch(1);
    var asking =
        new Asking(
            calls,
            Accounts.principal(Accounts.ofEvaluation(name)),
            clock,
            PATIENCE,
            order.budget(),
            over);
    var replay = new Replay(prepared.plan(), asking, contents, clock);
    var run = new EvaluationRun(prepared.plan(), replay, asking, table, over);
    var end = Promise.<Void>promise();
    running.put(name, run);
    synchronized (ends) {
      ends.add(end);
    }
    LOG.info("The evaluation {} begins: {} items", name, prepared.plan().items().size());
    Thread.ofVirtual()
        .name("evaluation-" + name)
        .start(
            () -> {
              try {
                run.run();
              } finally {
                running.remove(name);
                synchronized (ends) {
                  ends.remove(end);
                }
                slots.release();
                end.complete();
              }
            });
  }

  /** The newest evaluations, without their reports. */
  public Future<JsonNode> list() {
    return table
        .newest(MOST_LISTED)
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
    return table
        .show(name)
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

  /** Closes evaluations whose node died, and deletes scores when they are old. */
  public Job job() {
    return Job.every(CLEANING, "evaluation-scores", upkeep::round);
  }

  /** Ends what runs here, as interrupted; succeeds when that is written. */
  public Future<Void> close() {
    List<Future<Void>> all;
    synchronized (ends) {
      all = ends.stream().map(Promise::future).toList();
    }
    running.values().forEach(run -> run.end(EvaluationEnd.interrupted()));
    return Future.join(all).mapEmpty();
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
