package dev.weir.experiments;

import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.util.function.Consumer;

/**
 * One experiment's users as far as they were read: what they say, and where the next ones begin.
 * Closed units and first trials come in by pages, each in a short transaction, and both orders grow
 * at their ends: units are closed by one node at a time, and a first trial is read once its
 * deadline has passed. What breaks that all the same (a record that comes later, a user who is
 * erased, a clock that is set back) is told by {@link #agrees}, and then all is read anew.
 *
 * <p>Confined to one look at a time.
 */
final class Reading {
  /** Of each order at one look, so that one long experiment does not keep the others waiting. */
  private static final int MOST_PAGES = 250;

  private final Judgement judgement;
  private final int page;
  private Place closedTo = Place.START;
  private Place firstTo = Place.START;
  private Seen closed = Seen.NOBODY;
  private Seen first = Seen.NOBODY;
  private boolean news = true;
  private boolean spoilt;

  Reading(Judged experiment, int page) {
    this.page = page;
    this.judgement = new Judgement(experiment);
  }

  boolean fits(Judged now) {
    return judgement.fits(now);
  }

  /** Whether a page was taken in part: what was read says nothing then. */
  boolean spoilt() {
    return spoilt;
  }

  /** What the users say who were read. */
  Judgement judgement() {
    return judgement;
  }

  /** Whether anybody was read since this was last asked. */
  boolean takeNews() {
    var was = news;
    news = false;
    return was;
  }

  /** Whether those who were read are those that there are, as a tally from these places found. */
  boolean agrees(Tally tally) {
    return closed.equals(tally.closed()) && first.equals(tally.first());
  }

  /** A tally up to where was read. */
  Future<Tally> tally(Database database, String name) {
    return Tally.of(database, name, closedTo, firstTo);
  }

  /**
   * Reads on.
   *
   * @return whether all was read; else the next look goes on
   */
  Future<Boolean> on(Database database, Judged now) {
    return closed(database, now, MOST_PAGES)
        .compose(all -> first(database, now, MOST_PAGES).map(too -> all && too));
  }

  private Future<Boolean> closed(Database database, Judged now, int pages) {
    return database
        .jobs(c -> UnitTable.closed(c, now.name(), closedTo, page))
        .compose(
            rows ->
                take(rows, now, row -> closed(now, row))
                    ? Future.succeededFuture(true)
                    : pages == 1
                        ? Future.succeededFuture(false)
                        : closed(database, now, pages - 1));
  }

  private void closed(Judged now, Row row) {
    if (!row.getBoolean("ended_early")) {
      judgement.closed(now, UnitTable.unit(row));
    }
    closed = closed.with(row.getLong("mark"));
    closedTo = Place.closed(row);
  }

  private Future<Boolean> first(Database database, Judged now, int pages) {
    return database
        .jobs(c -> UnitTable.first(c, now, firstTo, page))
        .compose(
            rows ->
                take(rows, now, row -> first(now, row))
                    ? Future.succeededFuture(true)
                    : pages == 1 ? Future.succeededFuture(false) : first(database, now, pages - 1));
  }

  private void first(Judged now, Row row) {
    judgement.first(now, UnitTable.trial(row));
    first = first.with(row.getLong("mark"));
    firstTo = Place.first(row);
  }

  /** Whether that is all there is for now. */
  private boolean take(RowSet<Row> rows, Judged now, Consumer<Row> taker) {
    for (var row : rows) {
      if (row.getInteger("epoch") > now.epoch()) {
        // Of an epoch that began after the experiment was read: its odds are known at the next
        // look.
        return true;
      }
      news = true;
      // Of a row that cannot be taken nobody knows how far it came.
      spoilt = true;
      taker.accept(row);
      spoilt = false;
    }
    return rows.size() < page;
  }
}
