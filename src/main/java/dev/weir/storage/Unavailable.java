package dev.weir.storage;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.VertxException;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/** Tells "the database is away" from "the database refuses this statement". */
final class Unavailable {
  /**
   * SQLSTATEs of a server that starts, stops, is full, became a standby, or took too long. Class 08
   * (connection) is checked apart. A deadlock or a broken constraint is not among them: it is the
   * statement's own affair.
   */
  private static final Set<String> STATES =
      Set.of(
          "57P01", // admin_shutdown
          "57P02", // crash_shutdown
          "57P03", // cannot_connect_now
          "57P05", // idle_session_timeout
          "57014", // query_canceled: statement_timeout
          "55P03", // lock_not_available: lock_timeout
          "53100", // disk_full
          "53200", // out_of_memory
          "53300", // too_many_connections
          "25006", // read_only_sql_transaction: a failover left us on the standby
          "25P03"); // idle_in_transaction_session_timeout

  private Unavailable() {}

  /** The failure as callers of {@link Database} see it. */
  static Throwable translated(Throwable failure) {
    return meansAway(failure) ? error(failure) : failure;
  }

  /**
   * As {@link #translated}, for a step that can fail for no other reason than an absent database.
   */
  static <T> Future<T> failed(Throwable failure) {
    return Future.failedFuture(failure instanceof AIError ? failure : error(failure));
  }

  private static AIError error(Throwable cause) {
    return AIError.of(
            ErrorCode.STORAGE_UNAVAILABLE,
            "The database does not answer at the moment; try again in a few seconds.")
        .retryAfter(Duration.ofSeconds(2))
        .causedBy(cause);
  }

  private static boolean meansAway(Throwable failure) {
    return switch (failure) {
      case AIError _ -> false;
      case PgException refused -> {
        var state = String.valueOf(refused.getSqlState());
        yield state.startsWith("08") || STATES.contains(state);
      }
      case IOException _, TimeoutException _, ClosedConnectionException _, VertxException _ -> true;
      default -> false;
    };
  }
}
