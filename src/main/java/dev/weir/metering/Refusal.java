package dev.weir.metering;

import dev.weir.core.AIError;
import io.vertx.pgclient.PgException;
import java.util.Set;

/** Whom a failed batch blames. */
enum Refusal {
  /** A record's content: no repetition will help. */
  RECORD,
  /** The database or the way to it: it will pass. */
  DATABASE,
  /** Who can tell; most likely a record, if others are taken meanwhile. */
  UNKNOWN;

  /** SQLSTATE classes: data, constraints. */
  private static final Set<String> RECORDS = Set.of("22", "23");

  /**
   * SQLSTATE classes: connection, transaction state, login, catalogue, rollback, access and names,
   * resources, object state, operator, system.
   */
  private static final Set<String> DATABASES =
      Set.of("08", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58");

  static Refusal of(Throwable failure) {
    return switch (failure) {
      case AIError _ -> DATABASE;
      case PgException refused -> of(refused.getSqlState());
      default -> UNKNOWN;
    };
  }

  private static Refusal of(@org.jspecify.annotations.Nullable String state) {
    var kind = state == null || state.length() < 2 ? "" : state.substring(0, 2);
    return RECORDS.contains(kind) ? RECORD : DATABASES.contains(kind) ? DATABASE : UNKNOWN;
  }
}
