package dev.weir.limits;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * A ledger that grants whatever is wanted, within a day's calls of the user, to subjects with the
 * bounds that a test sets. It answers at once, or when a test says so.
 */
final class HandLedger implements Ledger {
  private static final LocalDate MONTH = LocalDate.of(2032, 5, 1);
  Standing.Bounds users = Standing.Bounds.NONE;
  Standing.Bounds others = Standing.Bounds.NONE;
  long usdLimit = Standing.NO_LIMIT;
  Standing.Away away = Standing.Away.CLOSED;
  long replicas = 1;
  long usersDay = 1_000_000_000;
  boolean waits;
  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private long granted;

  /** Answers what waits, and from then on at once. */
  void answer() {
    waits = false;
    for (var next = waiting.poll(); next != null; next = waiting.poll()) {
      next.run();
    }
  }

  /** What was granted before is no more of this day. */
  void newDay() {
    granted = 0;
  }

  @Override
  public Future<List<Answer>> exchange(Request request) {
    if (!waits) {
      return Future.succeededFuture(answers(request));
    }
    var promise = Promise.<List<Answer>>promise();
    waiting.add(() -> promise.complete(answers(request)));
    return promise.future();
  }

  private List<Answer> answers(Request request) {
    var answers = new ArrayList<Answer>();
    for (var i = 0; i < request.entries().size(); i++) {
      var entry = request.entries().get(i);
      var units = granted(entry);
      answers.add(
          new Answer(
              i,
              standing(entry.subject()),
              units,
              Duration.ofSeconds(10),
              0,
              Duration.ZERO,
              entry.account().map(account -> cover(entry.subject(), account)).orElse(0L)));
    }
    return answers;
  }

  private long granted(Entry entry) {
    var wanted = entry.take().map(Take::wanted).orElse(0L);
    if (entry.subject().kind() != Subject.Kind.USER) {
      return wanted;
    }
    var units = Math.min(wanted, usersDay - granted);
    granted += units;
    return units;
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
        user ? usersDay : Standing.NO_LIMIT,
        user ? granted : 0,
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
