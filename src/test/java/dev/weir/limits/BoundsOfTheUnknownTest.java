package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.gateway.Cancellation;
import dev.weir.testing.HandClock;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Bounds of subjects of whom nothing is known when their calls come: new ones, and changed ones.
 */
class BoundsOfTheUnknownTest {
  private static final long NONE = Standing.NO_LIMIT;

  private final HandLedger ledger = new HandLedger();
  private final HandClock clock = new HandClock(Instant.parse("2032-05-10T12:00:00Z"));
  private final Limits limits = limits(Limits.Enforcement.ENFORCE);
  private final Who who = new Who("ann", UUID.randomUUID(), Optional.of("growth"));

  private Limits limits(Limits.Enforcement enforcement) {
    var loop =
        new LeaseDesk.Loop() {
          @Override
          public void run(Runnable work) {
            work.run();
          }

          @Override
          public void after(Duration delay, Runnable work) {}
        };
    return new Limits(new LeaseDesk(ledger, clock, loop), clock, enforcement);
  }

  @Test
  void theFirstCallOfANewUserIsOneOfItsMinute() {
    ledger.users = new Standing.Bounds(3, NONE, NONE);

    var calls = calls(5, 0);

    assertThat(codes(calls)).containsExactly("ok", "ok", "ok", "RATE_LIMITED", "RATE_LIMITED");
  }

  @Test
  void ofManyFirstCallsAtOnceAMinutesGoOnInTheirOrder() {
    ledger.users = new Standing.Bounds(3, NONE, NONE);
    ledger.waits = true;
    var calls = calls(6, 0);
    assertThat(calls).noneMatch(Future::isComplete);

    ledger.answer();

    assertThat(codes(calls))
        .containsExactly("ok", "ok", "ok", "RATE_LIMITED", "RATE_LIMITED", "RATE_LIMITED");
    var refused = AIError.from(calls.getLast().cause());
    assertThat(refused.details().get("limit")).isEqualTo("calls_per_minute");
    assertThat(refused.retryAfter().orElseThrow()).isEqualTo(Duration.ofSeconds(20));
    clock.pass(Duration.ofSeconds(20));
    assertThat(codes(calls(2, 0))).containsExactly("ok", "RATE_LIMITED");
  }

  @Test
  void ofManyFirstCallsAtOnceAsManyGoOnAsMayRunAtOnce() {
    ledger.users = new Standing.Bounds(NONE, NONE, 2);
    ledger.waits = true;
    var calls = calls(5, 0);

    ledger.answer();

    assertThat(codes(calls))
        .containsExactly("ok", "ok", "RATE_LIMITED", "RATE_LIMITED", "RATE_LIMITED");
    assertThat(codes(calls(1, 0))).containsExactly("RATE_LIMITED");
    limits.end(calls.getFirst().result(), false);
    assertThat(codes(calls(2, 0))).containsExactly("ok", "RATE_LIMITED");
  }

  @Test
  void theTokensOfFirstCallsAreTakenAndSettled() {
    ledger.users = new Standing.Bounds(NONE, 1_000, NONE);
    ledger.waits = true;
    var calls = calls(3, 600);

    ledger.answer();

    assertThat(codes(calls)).containsExactly("ok", "RATE_LIMITED", "RATE_LIMITED");
    limits.end(calls.getFirst().result(), false, 100);
    assertThat(codes(calls(2, 600))).containsExactly("ok", "RATE_LIMITED");
  }

  @Test
  void keysAndTeamsOfWhomNothingIsKnownAreBoundedTooAndTakeNothingOfTheUsersMinute() {
    ledger.users = new Standing.Bounds(3, NONE, NONE);
    ledger.others = new Standing.Bounds(1, NONE, NONE);
    ledger.waits = true;
    var calls = calls(5, 0);

    ledger.answer();

    assertThat(codes(calls).stream().filter("ok"::equals)).hasSize(1);
    ledger.others = Standing.Bounds.NONE;
    var elsewhere = new Who("ann", UUID.randomUUID(), Optional.empty());
    var more = IntStream.range(0, 3).mapToObj(_ -> call(limits, elsewhere, 0)).toList();
    assertThat(codes(more)).containsExactly("ok", "ok", "RATE_LIMITED");
  }

  @Test
  void aFirstCallThatIsRefusedGivesItsUnitBackAndIsToldOfTheMinuteAndNotOfTheDay() {
    ledger.users = new Standing.Bounds(2, NONE, NONE);
    ledger.usersDay = 4;
    ledger.waits = true;
    var calls = calls(6, 0);

    ledger.answer();

    assertThat(codes(calls).subList(0, 2)).containsExactly("ok", "ok");
    assertThat(codes(calls).subList(2, 6)).containsOnly("RATE_LIMITED");
    clock.pass(Duration.ofSeconds(5));
    assertThat(codes(calls(1, 0))).containsExactly("RATE_LIMITED");
    clock.pass(Duration.ofMinutes(1));
    ledger.newDay();
    limits.changed("user:ann");
    assertThat(codes(calls(3, 0))).containsExactly("ok", "ok", "RATE_LIMITED");
  }

  @Test
  void whereThereIsNoMinuteTheDayIsTold() {
    ledger.usersDay = 2;
    ledger.waits = true;
    var calls = calls(4, 0);

    ledger.answer();

    assertThat(codes(calls)).containsExactly("ok", "ok", "QUOTA_EXCEEDED", "QUOTA_EXCEEDED");
  }

  @Test
  void whereLimitsChangedWhatWasKnownBeforeLetsNobodyThrough() {
    ledger.users = new Standing.Bounds(100, NONE, NONE);
    assertThat(codes(calls(1, 0))).containsExactly("ok");
    clock.pass(Duration.ofMinutes(1));
    ledger.users = new Standing.Bounds(2, NONE, NONE);
    ledger.waits = true;
    limits.changed("user:ann");

    var calls = calls(5, 0);
    ledger.answer();

    assertThat(codes(calls).stream().filter("ok"::equals)).hasSize(2);
    assertThat(codes(calls).stream().filter("RATE_LIMITED"::equals)).hasSize(3);
  }

  @Test
  void aDryRunLetsFirstCallsThroughAndReportsThem() {
    ledger.users = new Standing.Bounds(1, NONE, NONE);
    ledger.waits = true;
    var watching = limits(Limits.Enforcement.DRY_RUN);
    var calls = IntStream.range(0, 3).mapToObj(_ -> call(watching, who, 0)).toList();

    ledger.answer();

    assertThat(codes(calls)).containsExactly("ok", "ok", "ok");
    assertThat(watching.watched()).isEqualTo(2);
  }

  private List<Future<Charge>> calls(int count, long tokens) {
    return IntStream.range(0, count).mapToObj(_ -> call(limits, who, tokens)).toList();
  }

  private static Future<Charge> call(Limits limits, Who who, long tokens) {
    return limits.enforce(UUID.randomUUID(), who, tokens, new Cancellation());
  }

  private static List<String> codes(List<Future<Charge>> calls) {
    return calls.stream()
        .map(
            call ->
                call.succeeded()
                    ? "ok"
                    : call.failed() ? AIError.from(call.cause()).code().name() : "waits")
        .toList();
  }
}
