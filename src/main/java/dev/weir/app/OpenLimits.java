package dev.weir.app;

import dev.weir.access.DevKeys;
import dev.weir.config.ModelAlias;
import dev.weir.config.WeirConfig;
import dev.weir.core.Usd;
import dev.weir.limits.LedgerConnection;
import dev.weir.limits.Limits;
import dev.weir.storage.Database;
import dev.weir.telemetry.Metrics;
import io.vertx.core.Future;
import io.vertx.sqlclient.Tuple;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Brings the limits up, with what hears other processes and what is shown of them. */
final class OpenLimits {
  private static final Logger LOG = LogManager.getLogger(OpenLimits.class);
  private static final Duration CLOSE = Duration.ofSeconds(8);

  private OpenLimits() {}

  static LedgerConnection open(Ground ground, UUID process) {
    var mode = Limits.Enforcement.valueOf(ground.config().limits().mode().name());
    var ledger =
        LedgerConnection.open(
            ground.vertx(), ground.database(), process, node(), ground.clock(), mode);
    var limits = ledger.limits();
    limits.onWatched(
        (who, refusal) ->
            LOG.info("Dry run: would have refused with {}: {}", refusal.code(), refusal.message()));
    ground.shutdown().opened("the limits", () -> close(ledger));
    ledger.listen(ground.notifications());
    meters(limits, ground.metrics());
    return ledger;
  }

  /** Gives the leases back; blocks until it is done. A second time changes nothing. */
  static void close(LedgerConnection ledger) {
    Waiting.on(ledger.close(), CLOSE, "returning the leases");
  }

  /**
   * The demo user of dev mode tries things out by the hundred: it begins with the largest tier.
   * What an administrator makes of it later stays.
   */
  static Future<Void> welcomeDemo(Database database) {
    return database.ledger(
        c ->
            c.preparedQuery(
                    "INSERT INTO users (user_id, tier) SELECT $1, name FROM tiers WHERE name ="
                        + " 'enterprise' ON CONFLICT DO NOTHING")
                .execute(Tuple.of(DevKeys.DEMO_USER))
                .mapEmpty());
  }

  /** What models cost at most by the operator's word; of two names of one model the higher. */
  static Map<String, Usd> ceilings(WeirConfig config) {
    return config.models().values().stream()
        .filter(alias -> alias.maxCost().isPresent())
        .collect(
            Collectors.toMap(
                ModelAlias::model,
                alias -> alias.maxCost().orElseThrow(),
                (a, b) -> a.compareTo(b) >= 0 ? a : b));
  }

  private static void meters(Limits limits, Metrics metrics) {
    metrics.gauge(
        "weir.limits.admissions", "Calls admitted since the start.", Map.of(), limits::admissions);
    metrics.gauge(
        "weir.limits.exchanges",
        "Statements to the ledger of limits since the start.",
        Map.of(),
        limits::exchanges);
    metrics.gauge(
        "weir.limits.exchanges.per.call",
        "Statements to the ledger of limits per admitted call since the start.",
        Map.of(),
        () -> limits.admissions() == 0 ? 0 : (double) limits.exchanges() / limits.admissions());
    metrics.gauge(
        "weir.limits.overruns",
        "Attempts that cost more than their reserved worst price since the start.",
        Map.of(),
        limits::overruns);
    metrics.gauge(
        "weir.limits.watched",
        "Calls that a dry run let through over a limit since the start.",
        Map.of(),
        limits::watched);
    metrics.gauge(
        "weir.limits.subjects", "Subjects whose limits are in memory.", Map.of(), limits::subjects);
    metrics.gauge(
        "weir.limits.unsettled",
        "Calls under way, or whose cost is not in the database yet.",
        Map.of(),
        limits::open);
  }

  private static String node() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException _) {
      return "unknown";
    }
  }
}
