package dev.weir.limits;

import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;

/** A ledger that grants whatever is wanted, to subjects with the bounds that a test sets. */
final class HandLedger implements Ledger {
  private static final LocalDate MONTH = LocalDate.of(2032, 5, 1);
  Standing.Bounds users = Standing.Bounds.NONE;
  Standing.Bounds others = Standing.Bounds.NONE;
  long usdLimit = Standing.NO_LIMIT;
  Standing.Away away = Standing.Away.CLOSED;
  long replicas = 1;

  @Override
  public Future<List<Answer>> exchange(Request request) {
    var answers = new ArrayList<Answer>();
    for (var i = 0; i < request.entries().size(); i++) {
      var entry = request.entries().get(i);
      answers.add(
          new Answer(
              i,
              standing(entry.subject()),
              entry.take().map(Take::wanted).orElse(0L),
              Duration.ofSeconds(10),
              0,
              Duration.ZERO,
              entry.account().map(account -> cover(entry.subject(), account)).orElse(0L)));
    }
    return Future.succeededFuture(answers);
  }

  /** What an account comes to; without a budget no more is held than is owed. */
  long cover(Subject subject, Account account) {
    return standing(subject).budgeted() ? account.wanted() : account.owed();
  }

  private Standing standing(Subject subject) {
    var user = subject.kind() == Subject.Kind.USER;
    return new Standing(
        subject,
        Instant.parse("2032-05-10T12:00:00Z"),
        MONTH,
        0,
        user ? "pro" : "",
        false,
        user ? 1_000_000_000 : Standing.NO_LIMIT,
        0,
        Duration.ZERO,
        Standing.NO_LIMIT,
        0,
        Duration.ofDays(21),
        user ? usdLimit : Standing.NO_LIMIT,
        0,
        0,
        user ? users : others,
        away,
        replicas);
  }
}
