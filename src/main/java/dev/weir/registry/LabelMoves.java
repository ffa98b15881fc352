package dev.weir.registry;

import dev.weir.core.Clock;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.SqlConnection;

/**
 * Moves labels together with something else, in one transaction. What is served follows when {@link
 * PromptRegistry#refresh} reads it. Any thread.
 */
public final class LabelMoves {
  private final LabelTable labels;

  /** Over the database in whose transactions labels are moved. */
  public LabelMoves(Database database, Clock clock) {
    this.labels = new LabelTable(database, clock);
  }

  /**
   * Moves a label; moving it to where it is changes nothing.
   *
   * @param c inside of a transaction as {@code weir_admin}
   * @param wish to a version that the caller knows can be served
   * @return {@code CONFLICT} where the label is not where the mover thought
   */
  public Future<Void> move(SqlConnection c, LabelMove wish) {
    return labels.move(c, wish);
  }
}
