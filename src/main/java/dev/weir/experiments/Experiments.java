package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.experiments.ExperimentTable.Decision;
import dev.weir.experiments.ExperimentTable.Locked;
import dev.weir.gateway.Arms;
import dev.weir.gateway.ModelDirectory;
import dev.weir.gateway.Stage;
import dev.weir.registry.LabelMove;
import dev.weir.registry.LabelMoves;
import dev.weir.registry.PromptRegistry;
import dev.weir.registry.VersionKey;
import dev.weir.storage.Database;
import dev.weir.storage.Notifications;
import dev.weir.storage.Rereading;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.SqlConnection;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The experiments of a service: what runs, as a snapshot that every change renews on all replicas,
 * and the changes that an administrator makes. A change has taken effect here when its future
 * succeeds, and elsewhere within a second. Any thread.
 */
public final class Experiments {
  private static final Logger LOG = LogManager.getLogger(Experiments.class);
  private static final int SALT_BYTES = 12;

  private final Vertx vertx;
  private final Database database;
  private final Versions versions;
  private final RosterReader reader;
  private final ExperimentTable table;
  private final ArmTable arms;
  private final Exposures exposures;
  private final PromptRegistry registry;
  private final LabelMoves labels;
  private final SecureRandom random = new SecureRandom();
  private final Rereading rereading = new Rereading(this::read);
  private final Contracts contracts;
  private final ContractAlerts alerts;
  private final ExperimentStage stage;

  /**
   * Experiments; {@link #follow} sets them going.
   *
   * @param vertx runs their reads and writes
   * @param database where they are kept
   * @param registry the versions of their arms
   * @param models routes the arms
   * @param clock time
   */
  public Experiments(
      Vertx vertx, Database database, PromptRegistry registry, ModelDirectory models, Clock clock) {
    this.vertx = vertx;
    this.database = database;
    this.registry = registry;
    this.labels = new LabelMoves(database, clock);
    this.versions = new Versions(registry);
    this.reader = new RosterReader(database, registry, models);
    this.table = new ExperimentTable(clock);
    this.arms = new ArmTable(table);
    this.exposures = new Exposures(vertx, database, clock);
    this.contracts = new Contracts(registry);
    this.alerts = new ContractAlerts(database, clock);
    this.stage = new ExperimentStage(contracts::roster, exposures);
  }

  /** Reads what runs, and follows it. Succeeds when it is known. */
  public Future<Void> follow(Notifications notifications) {
    exposures.keep();
    return rereading.follow(vertx, notifications, "weir_experiments");
  }

  /** The stage that gives calls their arms. One for all event loops. */
  public Stage stage() {
    return stage;
  }

  /** How calls of users would be planned, for Weir's own work in their name. */
  public Arms arms() {
    return stage;
  }

  /** Writes the exposures that wait; for the last moments of a process. */
  public Future<Void> flush() {
    return exposures.flush();
  }

  /** Reads again what runs. */
  public Future<Void> refresh() {
    return rereading.again();
  }

  private Future<Void> read() {
    return reader
        .read()
        .map(
            now -> {
              contracts.run(now);
              exposures.forgetAbsences();
              return now;
            })
        .onFailure(e -> LOG.debug("What experiments run cannot be read: {}", e.getMessage()))
        .compose(_ -> alerts.tell(contracts.passedBy()));
  }

  /**
   * What an administrator should know of the experiments that run on a function: those that calls
   * pass by, since the function takes or gives something else than their arms by now, and those
   * whose control was production and is it no more.
   */
  public List<String> warnings(String function) {
    return contracts.warnings(function);
  }

  /** Why calls pass an experiment by that runs, if they do. */
  public Optional<String> passedBy(String name) {
    return Optional.ofNullable(contracts.passedBy().get(name));
  }

  /**
   * Keeps a draft.
   *
   * @param wish as docs/experiments.md describes it
   * @param by the id of the admin's key
   * @return {@code INVALID_REQUEST} or {@code NOT_FOUND} that names what is wrong with it, {@code
   *     CONFLICT} if the name is taken; nothing was kept then
   */
  public Future<String> create(JsonNode wish, String by) {
    var spec = SpecReader.read(wish);
    return versions
        .of(spec, by)
        .compose(
            found ->
                database.admin(
                    c -> table.create(c, spec, spec.salt().orElseGet(this::salt), found, by)))
        .map(spec.name());
  }

  private String salt() {
    var bytes = new byte[SALT_BYTES];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /**
   * Forgets a draft for another one of the same name, in one transaction.
   *
   * @return {@code CONFLICT} if it has started; nothing has changed then, nor if the other is
   *     refused
   */
  Future<Void> replace(JsonNode wish, String by) {
    var spec = SpecReader.read(wish);
    return versions
        .of(spec, by)
        .compose(
            found ->
                database.admin(
                    c ->
                        delete(c, spec.name())
                            .compose(
                                _ ->
                                    table.create(
                                        c, spec, spec.salt().orElseGet(this::salt), found, by))));
  }

  /**
   * Starts a draft. Labels that its arms name are pinned to where they point now.
   *
   * @return {@code CONFLICT} if another experiment has its slots, or if an arm does not take and
   *     give what the function does by now, or cannot be served any more
   */
  public Future<Void> start(String name, String reason, String by) {
    return changed(
        database
            .admin(c -> table.lock(c, name).compose(e -> draft(c, e)))
            .compose(draft -> versions.again(draft, by))
            .compose(found -> database.admin(c -> table.start(c, name, found, by, reason))));
  }

  private Future<Versions.Declared> draft(SqlConnection c, Locked e) {
    if (!e.status().equals("draft")) {
      throw ExperimentTable.wrong(e, "started", "only a draft can be");
    }
    return versions.declared(c, e);
  }

  /** Lets no more users in; those who came stay and count. */
  public Future<Void> pause(String name, String reason, String by) {
    return move(name, "running", "paused", reason, by);
  }

  /** Lets users in again. */
  public Future<Void> resume(String name, String reason, String by) {
    return move(name, "paused", "running", reason, by);
  }

  private Future<Void> move(String name, String from, String to, String reason, String by) {
    return live(
        name,
        (c, e) -> {
          if (!e.status().equals(from)) {
            throw to.equals("paused")
                ? ExperimentTable.wrong(e, "paused", "it is already")
                : ExperimentTable.wrong(e, "resumed", "it runs already");
          }
          return table
              .set(c, name, to, Optional.empty())
              .compose(_ -> table.decided(c, name, by(by, to, reason)));
        });
  }

  /** Ends it: every call is answered as if it had never been. */
  public Future<Void> stop(String name, String reason, String by) {
    return live(
        name,
        (c, e) ->
            table
                .set(c, name, "stopped", Optional.empty())
                .compose(_ -> table.decided(c, name, by(by, "stopped", reason))));
  }

  /**
   * A wish to end an experiment with a winner.
   *
   * @param winner the arm
   * @param promote whether the winner's version becomes the function's production version
   * @param force whether also against the sample-ratio alarm, which takes a reason
   * @param reason why, in words
   */
  public record Conclusion(String winner, boolean promote, boolean force, Optional<String> reason) {
    private String told() {
      return reason.orElse(promote ? "its version goes to production" : "by an administrator");
    }
  }

  /**
   * Ends it with a winner, in one transaction with the winner's promotion. Doing it twice is as
   * good as once, and what was concluded may be promoted later.
   *
   * @return {@code CONFLICT} for a draft, for another winner than it was concluded with, for a
   *     promotion while the sample-ratio alarm stands that is not forced, and for a version that
   *     cannot be served any more; nothing has changed then
   */
  public Future<Void> conclude(String name, Conclusion wish, String by) {
    if (wish.force() && wish.reason().filter(r -> !r.isBlank()).isEmpty()) {
      throw AIError.invalid("'force' takes a 'reason', which is kept with the decision.");
    }
    return changed(
        database
            .admin(c -> table.lock(c, name).compose(e -> won(c, e, wish)))
            .compose(
                version ->
                    wish.promote()
                        ? versions.servable(version).map(version)
                        : Future.succeededFuture(version))
            .compose(version -> database.admin(c -> conclude(c, name, wish, by, version)))
            .compose(_ -> registry.refresh().transform(_ -> Future.succeededFuture())));
  }

  /** The version of an arm that may win. */
  private Future<VersionKey> won(SqlConnection c, Locked e, Conclusion wish) {
    var winner = wish.winner();
    return arms.weights(c, e.name())
        .compose(
            weights -> {
              if (e.status().equals("draft")) {
                throw ExperimentTable.wrong(e, "concluded");
              }
              if (e.winner().filter(w -> !w.equals(winner)).isPresent()) {
                throw ExperimentTable.wrong(e, "won by '" + winner + "' too");
              }
              if (wish.promote() && e.alarm().isPresent() && !wish.force()) {
                throw AIError.of(
                    ErrorCode.CONFLICT,
                    "The sample-ratio alarm stands: "
                        + e.alarm().get()
                        + ". Nothing was concluded. Find out why and begin anew, or promote all"
                        + " the same with 'force' and a 'reason'.");
              }
              ArmTable.requireArm(e, weights, winner);
              return versions.of(c, e.name(), winner);
            })
        .map(version -> new VersionKey(e.function(), version));
  }

  private Future<Void> conclude(
      SqlConnection c, String name, Conclusion wish, String by, VersionKey version) {
    var move =
        new LabelMove(
            version.function(),
            "production",
            Optional.of(version.version()),
            Optional.empty(),
            by,
            "winner of the experiment " + name);
    return table
        .lock(c, name)
        .compose(e -> won(c, e, wish).map(e))
        .compose(
            e ->
                e.winner().isPresent()
                    ? later(c, e, wish, by, version)
                    : table
                        .set(c, name, "concluded", Optional.of(wish.winner()))
                        .compose(_ -> decided(c, e, wish, by, "concluded")))
        .compose(_ -> wish.promote() ? labels.move(c, move) : Future.succeededFuture());
  }

  /** What was concluded before is promoted now; where it is in production already, that is told. */
  private Future<Void> later(
      SqlConnection c, Locked e, Conclusion wish, String by, VersionKey version) {
    var there =
        registry.labelled(e.function(), "production").filter(version.version()::equals).isPresent();
    return wish.promote() && !there
        ? decided(c, e, wish, by, "promoted")
        : Future.succeededFuture();
  }

  /** With what was known when it was decided. */
  private Future<Void> decided(SqlConnection c, Locked e, Conclusion wish, String by, String what) {
    return table
        .known(c, e.name())
        .compose(
            data ->
                table.decided(
                    c,
                    e.name(),
                    new Decision(
                        by,
                        what,
                        Optional.of(wish.winner()),
                        wish.told(),
                        data.put("promote", wish.promote()).put("forced", wish.force()))));
  }

  /** Opens an epoch with other weights, for users first seen after it. */
  public Future<Void> weights(String name, ObjectNode wish, String reason, String by) {
    return live(
        name,
        (c, e) ->
            arms.weights(c, name)
                .compose(
                    weights -> {
                      var why = by(by, "weights", reason);
                      why.data().set("before", weights.deepCopy());
                      for (var arm : wish.properties()) {
                        ArmTable.requireArm(e, weights, arm.getKey());
                        weights.put(
                            arm.getKey(), SpecReader.weight(wish, arm.getKey(), arm.getKey()));
                      }
                      if (ArmTable.sum(weights) <= 0) {
                        throw AIError.invalid("All weights would be zero.");
                      }
                      why.data().set("weights", weights.deepCopy());
                      return arms.epoch(c, e, weights, why);
                    }));
  }

  /** Switches an arm off: its users get control's behaviour from now on, and its data end. */
  public Future<Void> off(String name, String variant, String reason, String by) {
    return live(
        name,
        (c, e) ->
            arms.off(
                c,
                e,
                variant,
                false,
                new Decision(by, "switched_off", Optional.of(variant), reason, Json.object())));
  }

  /** Switches an arm on again, for users who come from now on. */
  public Future<Void> on(String name, String variant, double weight, String reason, String by) {
    return live(
        name,
        (c, e) ->
            arms.on(
                c,
                e,
                variant,
                weight,
                new Decision(by, "switched_on", Optional.of(variant), reason, Json.object())));
  }

  /** Forgets a draft; {@code CONFLICT} for what has run, since its record stays. */
  public Future<Void> delete(String name) {
    return database.admin(c -> delete(c, name));
  }

  private Future<Void> delete(SqlConnection c, String name) {
    return table
        .lock(c, name)
        .compose(
            e ->
                table
                    .delete(c, name)
                    .map(
                        gone -> {
                          if (!gone) {
                            throw ExperimentTable.wrong(e, "deleted", "only a draft can be");
                          }
                          return null;
                        }));
  }

  private Future<Void> live(String name, BiFunction<SqlConnection, Locked, Future<?>> change) {
    return changed(
        database.admin(
            c ->
                table
                    .lock(c, name)
                    .compose(
                        e -> {
                          if (!e.live()) {
                            throw ExperimentTable.wrong(e, "changed so", "it does not run");
                          }
                          return change.apply(c, e).<Void>mapEmpty();
                        })));
  }

  private <T> Future<T> changed(Future<T> change) {
    // The change is made, whether or not it can be read back at once.
    return change.compose(result -> refresh().transform(_ -> Future.succeededFuture(result)));
  }

  private static Decision by(String by, String what, String reason) {
    return new Decision(by, what, Optional.empty(), reason, Json.object());
  }
}
