package dev.weir.experiments;

import dev.weir.core.Clock;
import dev.weir.core.Ids;
import dev.weir.core.Json;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.Map;
import java.util.Optional;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Tells once that an experiment is passed by, and once that it is no more: in the log of each node
 * that finds it, and as an alert of all of them. Called by one at a time; any thread.
 */
final class ContractAlerts {
  private static final Logger LOG = LogManager.getLogger(ContractAlerts.class);
  private static final String NAME = "experiment-contract:";
  private static final String FIRE =
      """
      INSERT INTO alert_events (id, alert_name, state, detail) VALUES ($1, $2, 'firing', $3::text::jsonb)
      ON CONFLICT DO NOTHING
      """;
  private static final String RESOLVE =
      """
      UPDATE alert_events SET state = 'resolved', resolved_at = now()
      WHERE state = 'firing' AND alert_name LIKE 'experiment-contract:%' AND alert_name <> ALL ($1::text[])
      """;

  private final Database database;
  private final Clock clock;
  private volatile Optional<Map<String, String>> told = Optional.empty();
  private volatile Map<String, String> logged = Map.of();

  ContractAlerts(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Tells what is new in it. Where that cannot be written it is tried again the next time. */
  Future<Void> tell(Map<String, String> passedBy) {
    if (told.filter(passedBy::equals).isPresent()) {
      return Future.succeededFuture();
    }
    var before = logged;
    passedBy.forEach(
        (name, why) -> {
          if (!why.equals(before.get(name))) {
            LOG.warn("The experiment {} is passed by here: {}", name, why);
          }
        });
    logged = passedBy;
    return database
        .jobs(c -> write(c, passedBy))
        .onSuccess(_ -> told = Optional.of(passedBy))
        .onFailure(e -> LOG.warn("An alert could not be written: {}", e.getMessage()))
        .transform(_ -> Future.succeededFuture());
  }

  private Future<Void> write(SqlConnection c, Map<String, String> passedBy) {
    Future<?> done =
        c.preparedQuery(RESOLVE)
            .execute(
                Tuple.tuple()
                    .addValue(passedBy.keySet().stream().map(NAME::concat).toArray(String[]::new)));
    for (var one : passedBy.entrySet()) {
      var detail =
          Json.object().put("experiment", one.getKey()).put("message", one.getValue()).toString();
      done =
          done.compose(
              _ ->
                  c.preparedQuery(FIRE)
                      .execute(Tuple.of(Ids.next(clock), NAME + one.getKey(), detail)));
    }
    return done.mapEmpty();
  }
}
