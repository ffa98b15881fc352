package dev.weir.jobs;

import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.util.function.Function;

/**
 * One run of a job, by a node that leads it. Immutable; any thread.
 *
 * @param job the job's name
 * @param fence the number of this leadership: it grows with every change of leader
 * @param database where the body reads and writes
 */
public record Turn(String job, long fence, Database database) {
  private static final String REQUIRE = "SELECT weir_require_fence($1, $2)";

  /**
   * Runs one transaction as {@code weir_jobs} in which this node is sure to lead from its first
   * statement to its end. Whatever a body writes, it writes here; to read, {@link Database#jobs}
   * will do.
   *
   * @return what {@code work} gives; fails with the database's word where another node leads by now
   */
  public <T> Future<T> write(Function<SqlConnection, Future<T>> work) {
    return database.jobs(
        connection ->
            connection
                .preparedQuery(REQUIRE)
                .execute(Tuple.of(job, fence))
                .compose(_ -> work.apply(connection)));
  }
}
