package dev.weir.analytics;

import dev.weir.analytics.Source.Sum;
import dev.weir.core.Clock;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.WriteStream;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/** Answers questions about usage. Any thread; an event loop gets its answer there. */
public final class UsageAnalytics {
  /** Rows fetched at a time while a long answer is streamed. */
  private static final int FETCH = 500;

  private final Database database;
  private final Clock clock;

  /**
   * An answerer.
   *
   * @param database where usage is
   * @param clock tells which end lies beyond now
   */
  public UsageAnalytics(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** What "the last 30 days" ends with. */
  public Instant now() {
    return clock.now();
  }

  /** A user's answer about itself: row-level security shows it nothing else. */
  public Future<UsageReport> ofUser(String user, UsageQuery query) {
    return choose(query, true)
        .compose(source -> database.inUser(user, c -> report(c, query, source)));
  }

  /** An administrator's answer about everybody. */
  public Future<UsageReport> ofAll(UsageQuery query) {
    return choose(query, false).compose(source -> database.admin(c -> report(c, query, source)));
  }

  /**
   * Writes a user's lines as they come from the database; the answer is never whole in memory, and
   * waits for a slow reader for as long as a transaction may last.
   *
   * @param head what is written before the first line; not until that is there, so that a question
   *     which cannot be answered has written nothing
   * @param text a line as it is written
   */
  public Future<Void> streamOfUser(
      String user,
      UsageQuery query,
      Buffer head,
      Function<UsageLine, Buffer> text,
      WriteStream<Buffer> out) {
    return choose(query, true)
        .compose(
            source -> database.readInUser(user, c -> stream(c, query, source, head, text, out)));
  }

  /** As {@link #streamOfUser}, of everybody. */
  public Future<Void> streamOfAll(
      UsageQuery query, Buffer head, Function<UsageLine, Buffer> text, WriteStream<Buffer> out) {
    return choose(query, false)
        .compose(source -> database.admin(c -> stream(c, query, source, head, text, out)));
  }

  private Future<Source> choose(UsageQuery query, boolean own) {
    try {
      return Future.succeededFuture(SourceChoice.of(query, own, clock.now()));
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private static Future<UsageReport> report(
      SqlConnection connection, UsageQuery query, Source source) {
    return lines(connection, query.total(), source)
        .compose(
            total ->
                (query.whole() ? Future.succeededFuture(total) : lines(connection, query, source))
                    .map(
                        lines -> {
                          var more = lines.size() > query.limit();
                          return new UsageReport(
                              query,
                              total.getFirst(),
                              more ? lines.subList(0, query.limit()) : lines,
                              more
                                  ? Optional.of(query.offset() + query.limit())
                                  : Optional.empty());
                        }));
  }

  private static Future<List<UsageLine>> lines(
      SqlConnection connection, UsageQuery query, Source source) {
    var sql = new UsageSql(query, source);
    return connection
        .preparedQuery(sql.text())
        .execute(sql.parameters())
        .map(rows -> lines(rows, query));
  }

  private static List<UsageLine> lines(RowSet<Row> rows, UsageQuery query) {
    return StreamSupport.stream(rows.spliterator(), false).map(row -> line(row, query)).toList();
  }

  private static Future<Void> stream(
      SqlConnection connection,
      UsageQuery query,
      Source source,
      Buffer head,
      Function<UsageLine, Buffer> text,
      WriteStream<Buffer> out) {
    var sql = new UsageSql(query, source);
    return connection
        .prepare(sql.text())
        .compose(
            statement -> {
              var done = Promise.<Void>promise();
              var rows = statement.createStream(FETCH, sql.parameters());
              var first = new AtomicBoolean(true);
              rows.exceptionHandler(done::tryFail)
                  .endHandler(
                      _ -> {
                        if (first.get()) {
                          out.write(head);
                        }
                        done.tryComplete();
                      });
              rows.handler(
                  row -> {
                    if (first.getAndSet(false)) {
                      out.write(head);
                    }
                    out.write(text.apply(line(row, query)));
                    if (out.writeQueueFull()) {
                      rows.pause();
                      out.drainHandler(_ -> rows.resume());
                    }
                  });
              out.exceptionHandler(done::tryFail);
              return done.future().eventually(statement::close);
            });
  }

  private static UsageLine line(Row row, UsageQuery query) {
    var groups = new ArrayList<String>();
    for (var i = 0; i < query.groupBy().size(); i++) {
      groups.add(Objects.requireNonNullElse(row.getString("g" + i), ""));
    }
    return new UsageLine(
        query.interval() == Interval.NONE
            ? Optional.empty()
            : Optional.of(row.getOffsetDateTime("period").toInstant()),
        groups,
        number(row, Sum.CALLS),
        number(row, Sum.ERRORS),
        number(row, Sum.CACHE_HITS),
        number(row, Sum.PROMPT_TOKENS),
        number(row, Sum.COMPLETION_TOKENS),
        number(row, Sum.PROMPT_TOKENS_CACHED),
        number(row, Sum.REASONING_TOKENS),
        number(row, Sum.SEARCHES),
        money(row, Sum.COST_USD),
        money(row, Sum.PROVIDER_COST_USD),
        money(row, Sum.SIMULATED_COST_USD),
        number(row, Sum.UNPRICED_CALLS),
        latency(row));
  }

  private static long number(Row row, Sum sum) {
    return row.getLong(sum.column());
  }

  private static BigDecimal money(Row row, Sum sum) {
    var plain = row.getBigDecimal(sum.column()).stripTrailingZeros();
    return plain.scale() < 0 ? plain.setScale(0) : plain;
  }

  private static Optional<UsageLine.Latency> latency(Row row) {
    var p50 = row.getColumnIndex("p50") < 0 ? null : row.getDouble("p50");
    return p50 == null
        ? Optional.empty()
        : Optional.of(new UsageLine.Latency(p50, row.getDouble("p95"), row.getDouble("p99")));
  }
}
