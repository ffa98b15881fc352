package dev.weir.forecast;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Clock;
import dev.weir.jobs.Job;
import dev.weir.jobs.Turn;
import dev.weir.pricing.PriceTable;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Month-end forecasts, for a user itself and for administrators. It reads on the caller's event
 * loop and reckons on a worker. Any thread.
 */
public final class ForecastService {
  /** Everybody's month is reckoned again after so long. */
  private static final Duration FRESH = Duration.ofMinutes(5);

  private static final Duration DAILY = Duration.ofHours(24);

  private final Vertx vertx;
  private final Database database;
  private final Supplier<PriceTable> prices;
  private final Clock clock;
  private final AtomicReference<Optional<Reckoned>> whole = new AtomicReference<>(Optional.empty());

  private record Reckoned(long at, Future<Whole> whole) {}

  /**
   * A service.
   *
   * @param prices the table in force
   */
  public ForecastService(Vertx vertx, Database database, Supplier<PriceTable> prices, Clock clock) {
    this.vertx = vertx;
    this.database = database;
    this.prices = prices;
    this.clock = clock;
  }

  /** A user's own month, read with the user's own rights. */
  public Future<JsonNode> own(String user) {
    var now = Calendar.at(clock.now());
    return database
        .inUser(user, c -> ForecastStore.facts(c, By.USER, user, now.today()))
        .compose(facts -> reckon(() -> json(By.USER, user, facts, now, 1, Optional.empty())));
  }

  /**
   * Anybody's month, for an administrator.
   *
   * @param id the user or the function; not looked at for the total
   */
  public Future<JsonNode> of(By by, String id) {
    var now = Calendar.at(clock.now());
    var facts = database.admin(c -> ForecastStore.facts(c, by, id, now.today()));
    return switch (by) {
      case USER -> facts.compose(f -> reckon(() -> json(by, id, f, now, 1, Optional.empty())));
      case FUNCTION ->
          facts.compose(
              f ->
                  whole(now)
                      .compose(
                          w ->
                              reckon(() -> json(by, id, f, now, w.functions(), Optional.empty()))));
      case TOTAL ->
          facts.compose(
              f ->
                  whole(now)
                      .compose(
                          w ->
                              reckon(
                                  () -> json(by, "", f, now, w.kept(), Optional.of(w.total())))));
    };
  }

  private JsonNode json(
      By by,
      String id,
      ForecastStore.Facts facts,
      Calendar now,
      double share,
      Optional<Remainder> sum) {
    var table = prices.get();
    var demand = Demand.of(facts.uses(), facts.refused(), table, now.today());
    var rest =
        sum.orElseGet(() -> Forecaster.foresee(Whole.question(demand, table, now, facts.pool())));
    var budget =
        facts
            .limits()
            .map(l -> l.left(facts.books(), facts.calls(), demand.usdPerCall()))
            .orElse(Budget.NONE);
    return ForecastJson.of(
        by,
        id,
        new MonthEnd(now.today(), facts.books(), rest, budget, share, demand.models()),
        facts.limits().flatMap(ForecastStore.Limits::usd));
  }

  private Future<Whole> whole(Calendar now) {
    var known = whole.get();
    if (known.isPresent()
        && !known.get().whole().failed()
        && clock.nanoTime() - known.get().at() < FRESH.toNanos()) {
      return known.get().whole();
    }
    var fresh =
        database
            .admin(
                c ->
                    ForecastStore.everybody(c, now.today())
                        .compose(
                            all ->
                                ForecastStore.pool(c, By.FUNCTION)
                                    .map(pool -> Map.entry(all, pool))))
            .compose(
                read -> reckon(() -> Whole.of(read.getKey(), prices.get(), now, read.getValue())));
    // Two who come at once may both reckon: that is wasted work and nothing worse.
    whole.set(Optional.of(new Reckoned(clock.nanoTime(), fresh)));
    return fresh;
  }

  /** The job that keeps the pooled errors: once a day, on one node. */
  public Job pools() {
    return Job.every(DAILY, "forecast-pools", this::pools);
  }

  Future<Void> pools(Turn turn) {
    var today = Calendar.at(clock.now()).today();
    return turn.database()
        .jobs(c -> ForecastStore.everybody(c, today))
        .compose(
            all ->
                pool(turn, By.USER, all.users())
                    .compose(_ -> pool(turn, By.FUNCTION, all.functions())));
  }

  private Future<Void> pool(Turn turn, By by, Map<String, List<DayUse>> subjects) {
    var today = Calendar.at(clock.now()).today();
    return reckon(
            () -> {
              var donors = Whole.donors(subjects, prices.get(), today);
              return Pool.of(donors).map(pool -> Map.entry(donors.size(), pool));
            })
        .compose(
            made ->
                made.isEmpty()
                    ? Future.succeededFuture()
                    : turn.write(
                        c ->
                            ForecastStore.keepPool(
                                c, by, made.get().getKey(), made.get().getValue())));
  }

  private <T> Future<T> reckon(Callable<T> work) {
    return vertx.executeBlocking(work, false).map(Objects::requireNonNull);
  }
}
