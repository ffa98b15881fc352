package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.sqlclient.SqlConnection;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class DatabaseIT {
  private static final Function<SqlConnection, Future<String>> WHO =
      connection ->
          connection
              .query("SELECT current_user || ' ' || coalesce(weir_user(), '-') AS who")
              .execute()
              .map(rows -> rows.iterator().next().getString("who"));

  @Test
  void everyTransactionHasItsRoleAndItsUser(TestDatabase database, Vertx vertx) {
    var pools = database.database(vertx);

    assertThat(pools.inUser("alice", WHO).await()).isEqualTo("weir_app alice");
    assertThat(pools.ledger(WHO).await()).isEqualTo("weir_ledger -");
    assertThat(pools.jobs(WHO).await()).isEqualTo("weir_jobs -");
    assertThat(pools.admin(WHO).await()).isEqualTo("weir_admin -");
  }
}
