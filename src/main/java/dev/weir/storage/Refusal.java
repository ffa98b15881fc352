package dev.weir.storage;

import dev.weir.core.AIError;
import io.vertx.pgclient.PgException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whom a failed statement over many things blames, for those who take it apart. */
public enum Refusal {
  /** The content of one of them: no repetition will help. */
  CONTENT,
  /** The database or the way to it: it will pass. */
  DATABASE,
  /** Who can tell; most likely the content of one, if others are taken meanwhile. */
  UNKNOWN;

  /** SQLSTATE classes: data, constraints. */
  private static final Set<String> CONTENTS = Set.of("22", "23");

  /**
   * SQLSTATE classes: connection, transaction state, login, catalogue, rollback, access and names,
   * resources, object state, operator, system.
   */
  private static final Set<String> DATABASES =
      Set.of("08", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58");

  /** What a failure of {@link Database} says. */
  public static Refusal of(Throwable failure) {
    return switch (failure) {
      case AIError _ -> DATABASE;
      case PgException refused -> of(refused.getSqlState());
      default -> UNKNOWN;
    };
  }

  private static Refusal of(@Nullable String state) {
    var kind = state == null || state.length() < 2 ? "" : state.substring(0, 2);
    return CONTENTS.contains(kind) ? CONTENT : DATABASES.contains(kind) ? DATABASE : UNKNOWN;
  }
}
