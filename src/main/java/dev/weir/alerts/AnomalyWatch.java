package dev.weir.alerts;

import dev.weir.config.AlertSettings;
import dev.weir.jobs.Job;
import dev.weir.jobs.Turn;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Looks once a minute, on one node, at what every user and function spent in the minutes that are
 * over, and tells a jump: as an alert, a line in the log and a meter. All it knows between two
 * rounds is in the database and is written in the round's own transaction, so a new leader goes on
 * where the old one stopped and no minute counts twice.
 */
public final class AnomalyWatch {
  private static final Logger LOG = LogManager.getLogger(AnomalyWatch.class);
  private static final Duration EVERY = Duration.ofMinutes(1);

  /** A usage record's transaction ends within its 15 s, so after that a minute is complete. */
  private static final int SETTLE_SECONDS = 20;

  /** The seasons of the week are read again every so many rounds, and old series forgotten. */
  private static final int SELDOM = 60;

  private final AlertSettings settings;
  private final UnaryOperator<String> userHash;
  private final Counter found;
  private final int settleSeconds;
  private Map<String, Season> seasons = Map.of();
  private int rounds;

  /**
   * A watch.
   *
   * @param settings the budget of false alarms and the least jump
   * @param userHash how a user is called in the log
   * @param meters where jumps are counted
   */
  public AnomalyWatch(
      AlertSettings settings, UnaryOperator<String> userHash, MeterRegistry meters) {
    this(settings, userHash, meters, SETTLE_SECONDS);
  }

  AnomalyWatch(
      AlertSettings settings,
      UnaryOperator<String> userHash,
      MeterRegistry meters,
      int settleSeconds) {
    this.settings = settings;
    this.userHash = userHash;
    this.settleSeconds = settleSeconds;
    this.found =
        Counter.builder("weir.anomalies")
            .description("Jumps of a user's or a function's cost that were found here.")
            .register(meters);
  }

  /** The job; none where the settings turn it off. */
  public Optional<Job> job() {
    return settings.anomaly()
        ? Optional.of(Job.every(EVERY, "anomaly", this::round))
        : Optional.empty();
  }

  /** One round; rounds of one process never overlap. */
  Future<Void> round(Turn turn) {
    return turn.write(this::work).map(this::told);
  }

  private Future<List<Round.Found>> work(SqlConnection c) {
    return seldom(c)
        .compose(_ -> PulseTable.span(c, settleSeconds))
        .compose(
            span ->
                span.empty()
                    ? Future.succeededFuture(List.of())
                    : PulseTable.costs(c, span).compose(costs -> learn(c, span, costs)));
  }

  private Future<Void> seldom(SqlConnection c) {
    return rounds++ % SELDOM == 0
        ? PulseTable.forget(c)
            .compose(_ -> PulseTable.seasons(c))
            .map(
                read -> {
                  seasons = read;
                  return null;
                })
        : Future.succeededFuture();
  }

  private Future<List<Round.Found>> learn(
      SqlConnection c, PulseTable.Span span, List<PulseTable.Cost> costs) {
    var spending = new HashSet<Series>();
    for (var cost : costs) {
      spending.add(Series.user(cost.user()));
      spending.add(Series.function(cost.function()));
    }
    var today = span.until().withOffsetSameInstant(ZoneOffset.UTC).toLocalDate();
    return PulseTable.pulses(c, spending)
        .compose(
            known -> {
              var unknown = new HashSet<>(spending);
              unknown.removeAll(known.keySet());
              return PulseTable.seeds(c, unknown, span, today)
                  .map(
                      seeds -> {
                        var all = new HashMap<>(known);
                        seeds.forEach((s, p) -> all.put(s, new PulseTable.Kept(p, false)));
                        return all;
                      });
            })
        .compose(
            before ->
                PulseTable.count(c)
                    .map(
                        count ->
                            Round.of(
                                detector(Math.max(count, before.size())),
                                seasons,
                                before,
                                costs,
                                span.last())))
        .compose(round -> keep(c, span, round));
  }

  private Detector detector(long series) {
    return new Detector(
        series, settings.falseAlarmsPerWeek(), settings.minimumJumpUsd().doubleValue());
  }

  private static Future<List<Round.Found>> keep(
      SqlConnection c, PulseTable.Span span, Round round) {
    Future<Void> told = PulseTable.keep(c, round.memory());
    for (var over : round.over()) {
      told = told.compose(_ -> PulseTable.resolve(c, over.alertName()));
    }
    for (var jump : round.found()) {
      // A series may jump, calm down and jump again within one round; the last state stands.
      if (!round.over().contains(jump.series())) {
        told =
            told.compose(
                _ -> PulseTable.fire(c, jump.series().alertName(), jump.detail()).mapEmpty());
      }
    }
    return told.compose(_ -> PulseTable.seen(c, span)).map(_ -> round.found());
  }

  /** Only when the transaction is in the database. */
  private Void told(List<Round.Found> jumps) {
    for (var jump : jumps) {
      found.increment();
      var series = jump.series();
      LOG.warn(
          "Cost jump of {} {}: {} USD in the last minute, {} expected, {} above it so far",
          series.kind(),
          series.isUser() ? userHash.apply(series.id()) : series.id(),
          jump.detail().getDouble("last_minute_usd"),
          jump.detail().getDouble("expected_usd_per_minute"),
          jump.detail().getDouble("above_expected_usd"));
    }
    return null;
  }
}
