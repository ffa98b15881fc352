package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.pgclient.PgException;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * A ledger at the end of a wire: a request arrives and is answered when a test says so, one message
 * may be lost. It keeps the leases as {@code weir_exchange} does: a number is done once, what is
 * given back is credited before anything is taken.
 */
final class WireLedger implements Ledger {
  private record Message(int index, Request request, Promise<List<Answer>> promise) {}

  private record Opened(Subject subject, LocalDate month) {}

  /** A lease: what it was granted, what came back, whether its owner has reported it. */
  private record Granted(Subject subject, long units, long returned, boolean closed) {
    Granted back(Returned more) {
      return more.ends() && closed
          ? this
          : new Granted(subject, units, returned + more.units(), closed || more.ends());
    }
  }

  /** Says whose limits are what. */
  final HandLedger bounds = new HandLedger();

  private final Queue<Message> wire = new ArrayDeque<>();
  private final Map<UUID, Granted> leases = new HashMap<>();
  private final Map<Opened, Long> accounts = new HashMap<>();
  private long done;
  private int messages;
  private int lost = -1;
  private boolean silent;
  private Predicate<Request> poisonous = _ -> false;

  WireLedger() {
    bounds.usdLimit = 10_000_000_000L;
  }

  /** Loses the n-th message, counted from 0: an even one is a request, an odd one its answer. */
  void lose(int message) {
    lost = message;
  }

  /** The answer to the next request that arrives is lost. */
  void loseNextAnswer() {
    lost = 2 * (wire.isEmpty() ? messages : wire.element().index) + 1;
  }

  /** From now on the database refuses requests like these for their content, and undoes them. */
  void poisonous(Predicate<Request> requests) {
    poisonous = requests;
  }

  /** From now on nothing arrives, or everything again. */
  void silent(boolean from) {
    silent = from;
  }

  boolean takeUnderWay() {
    return wire.stream()
        .flatMap(message -> message.request.entries().stream())
        .anyMatch(entry -> entry.take().isPresent());
  }

  /** The request that is under way arrives and is answered, if there is one. */
  void step() {
    if (silent || wire.isEmpty()) {
      return;
    }
    var message = wire.remove();
    if (lost == 2 * message.index) {
      message.promise.fail("lost on the way there");
      return;
    }
    if (poisonous.test(message.request)) {
      message.promise.fail(new PgException("invalid byte sequence", "ERROR", "22021", ""));
      return;
    }
    if (message.request.number() > done) {
      done = message.request.number();
      message.request.returned().forEach(this::credit);
      message.request.entries().forEach(this::debit);
    }
    if (lost == 2 * message.index + 1) {
      message.promise.fail("lost on the way back");
      return;
    }
    message.promise.complete(bounds.exchange(message.request).result());
  }

  private void credit(Returned back) {
    var lease = leases.computeIfPresent(back.lease(), (_, granted) -> granted.back(back));
    if (lease != null) {
      assertThat(lease.returned).isLessThanOrEqualTo(lease.units);
    }
  }

  private void debit(Entry entry) {
    entry
        .take()
        .ifPresent(
            take ->
                leases.put(
                    take.lease(), new Granted(entry.subject(), Math.abs(take.wanted()), 0, false)));
    entry
        .account()
        .ifPresent(
            account ->
                accounts.put(
                    new Opened(entry.subject(), account.month()),
                    bounds.cover(entry.subject(), account)));
  }

  /** Units that stand on a subject's account: used, leased or in doubt. */
  long charged(Subject subject) {
    return leases.values().stream()
        .filter(lease -> lease.subject.equals(subject))
        .mapToLong(lease -> lease.units - lease.returned)
        .sum();
  }

  /** Leases that their owner has not reported. */
  List<UUID> open() {
    return leases.entrySet().stream()
        .filter(lease -> !lease.getValue().closed)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Nano-dollars that are held for somebody. */
  long held() {
    return accounts.values().stream().mapToLong(cover -> cover).sum();
  }

  @Override
  public Future<List<Answer>> exchange(Request request) {
    var message = new Message(messages++, request, Promise.promise());
    wire.add(message);
    return message.promise.future();
  }
}
