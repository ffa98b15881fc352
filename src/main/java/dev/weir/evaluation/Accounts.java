package dev.weir.evaluation;

import dev.weir.gateway.Principal;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.math.BigDecimal;
import java.util.HexFormat;
import java.util.UUID;

/**
 * The accounts on which candidates are asked: each a user of Weir's own in the tier {@code weir},
 * whose one limit is a budget of the ledger, so that it is as hard as any and the same on all
 * nodes. Without a budget of its own an account may spend nothing.
 */
final class Accounts {
  private static final String OPEN =
      "INSERT INTO users (user_id, tier) VALUES ($1, 'weir') ON CONFLICT (user_id) DO UPDATE SET"
          + " tier = 'weir'";
  private static final String BUDGET =
      """
      INSERT INTO subject_limits (subject_kind, subject_id, unit, period, amount) VALUES ('user', $1, 'usd', 'month', $2)
      ON CONFLICT (subject_kind, subject_id, unit, period) DO UPDATE SET amount = excluded.amount, changed_at = now()
      """;

  private Accounts() {}

  /** The account of a shadow run: of this one, also where another had the name before. */
  static String ofShadow(String name, UUID run) {
    return "weir-shadow." + name + "." + HexFormat.of().toHexDigits(run.getLeastSignificantBits());
  }

  /** The account of an evaluation. */
  static String ofEvaluation(String evaluation) {
    return "weir-eval." + evaluation;
  }

  /** Who asks on an account. */
  static Principal principal(String account) {
    return Principal.weir(account);
  }

  /** Opens an account, or sets its budget anew; in a transaction of an administrator. */
  static Future<Void> open(SqlConnection c, String account, BigDecimal usdPerMonth) {
    return c.preparedQuery(OPEN)
        .execute(Tuple.of(account))
        .compose(_ -> c.preparedQuery(BUDGET).execute(Tuple.of(account, usdPerMonth)))
        .mapEmpty();
  }
}
