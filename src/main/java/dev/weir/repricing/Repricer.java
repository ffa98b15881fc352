package dev.weir.repricing;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.pricing.PriceTable;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Prices usage again. An order becomes a row of {@code usage_repricings}, which is its trace and
 * its cursor; batches of {@value #ROWS} rows follow, each in a transaction of its own that locks
 * this row first. So two nodes that work on the same order take turns, and whoever dies leaves
 * nothing half done: to give the same order again goes on. Thread-safe; never blocks.
 */
public final class Repricer {
  private static final Logger LOG = LogManager.getLogger(Repricer.class);
  private static final int ROWS = 500;
  private static final int MOST_FAILURES = 10;
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final int MOST_LISTED = 100;

  private final Vertx vertx;
  private final Database database;
  private final Supplier<PriceTable> prices;
  private final Clock clock;
  private final Set<UUID> running = ConcurrentHashMap.newKeySet();

  /**
   * A re-pricer.
   *
   * @param vertx for the pauses after a failure
   * @param database holds the usage
   * @param prices the price table of now
   * @param clock makes ids
   */
  public Repricer(Vertx vertx, Database database, Supplier<PriceTable> prices, Clock clock) {
    this.vertx = vertx;
    this.database = database;
    this.prices = prices;
    this.clock = clock;
  }

  /**
   * Takes an order and works on it in the background. An order that was given before and is not
   * through goes on where it stopped, unless the price table has changed since: then it is a new
   * one.
   *
   * @param askedBy the key of the administrator
   * @return how far it is
   */
  public Future<Repricing> start(Order order, UUID askedBy) {
    return begin(order, askedBy).onSuccess(so -> carryOn(so.id()));
  }

  /** As {@link #start}, but nothing happens before {@link #step}. */
  Future<Repricing> begin(Order order, UUID askedBy) {
    var digest = prices.get().digest();
    return database.ledger(
        c ->
            RepricingTable.unfinished(c, order, digest)
                .compose(
                    found ->
                        found
                            .map(Future::succeededFuture)
                            .orElseGet(
                                () ->
                                    RepricingTable.begin(
                                        c, Ids.next(clock), askedBy, order, digest))));
  }

  /** How far one is; fails with {@code NOT_FOUND}. */
  public Future<Repricing> find(UUID id) {
    return database.ledger(
        c ->
            RepricingTable.one(c, id, false)
                .map(found -> found.orElseThrow(Repricer::unknown).repricing()));
  }

  /** The newest ones. */
  public Future<List<Repricing>> newest() {
    return database.ledger(c -> RepricingTable.newest(c, MOST_LISTED));
  }

  /** One batch, in one transaction; of one that is through it does nothing. */
  Future<Repricing> step(UUID id) {
    return database.ledger(
        c ->
            RepricingTable.one(c, id, true)
                .map(found -> found.orElseThrow(Repricer::unknown))
                .compose(
                    place ->
                        place.repricing().endedAt().isPresent()
                            ? Future.succeededFuture(place.repricing())
                            : batch(c, place)));
  }

  private Future<Repricing> batch(SqlConnection c, RepricingTable.Place place) {
    var table = prices.get();
    var so = place.repricing();
    if (!table.digest().equals(so.priceTable())) {
      throw AIError.of(
          ErrorCode.CONFLICT,
          "The price table has changed since this re-pricing began; order it again.");
    }
    return RepricingTable.page(c, so.order(), place.after(), ROWS)
        .map(page -> Batch.of(page, ROWS, so, table))
        .compose(
            batch ->
                settle(c, so, table, batch).compose(_ -> RepricingTable.move(c, place, batch)));
  }

  /** Locks in the order of the keys what is to change, looks once more, and writes it. */
  private static Future<Void> settle(SqlConnection c, Repricing so, PriceTable table, Batch batch) {
    if (so.order().dryRun() || batch.changes().isEmpty()) {
      return Future.succeededFuture();
    }
    var ids = batch.changes().stream().map(change -> change.bill().id()).toList();
    return RepricingTable.locked(c, so.order(), ids)
        .map(bills -> Batch.of(bills, ROWS, so, table))
        .compose(sure -> RepricingTable.change(c, sure.changes()));
  }

  private void carryOn(UUID id) {
    if (running.add(id)) {
      go(id, 0);
    }
  }

  private void go(UUID id, int failures) {
    step(id)
        .onSuccess(
            so -> {
              if (so.endedAt().isPresent()) {
                running.remove(id);
                LOG.info(
                    "Re-priced {} rows of {} read: {} USD became {} USD, {} rows are without a"
                        + " price{}",
                    so.changed(),
                    so.read(),
                    so.oldCost(),
                    so.newCost(),
                    so.unpriced(),
                    so.order().dryRun() ? " (dry run)" : "");
              } else {
                go(id, 0);
              }
            })
        .onFailure(failure -> pause(id, failures + 1, failure));
  }

  private void pause(UUID id, int failures, Throwable failure) {
    if (failures >= MOST_FAILURES || AIError.from(failure).code() == ErrorCode.CONFLICT) {
      running.remove(id);
      LOG.warn("The re-pricing {} stops ({}); to order it again goes on", id, failure.getMessage());
    } else {
      vertx.setTimer(PAUSE.toMillis(), _ -> go(id, failures));
    }
  }

  private static AIError unknown() {
    return AIError.of(ErrorCode.NOT_FOUND, "There is no re-pricing of this id.");
  }
}
