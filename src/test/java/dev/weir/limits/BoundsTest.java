package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Cancellation;
import dev.weir.testing.HandClock;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What one process bounds by itself: bursts, tokens, calls at once. */
class BoundsTest {
  private final HandLedger ledger = new HandLedger();
  private final HandClock clock = new HandClock(Instant.parse("2032-05-10T12:00:00Z"));
  private final Limits limits =
      new Limits(
          new LeaseDesk(
              ledger,
              clock,
              new LeaseDesk.Loop() {
                @Override
                public void run(Runnable work) {
                  work.run();
                }

                @Override
                public void after(Duration delay, Runnable work) {}
              }),
          clock,
          Limits.Enforcement.ENFORCE);
  private final Who who = new Who("ann", UUID.randomUUID(), Optional.of("growth"));

  @Test
  void aCallThatOneSubjectRefusesTakesNothingOfTheOthersMinute() {
    ledger.users = new Standing.Bounds(3, Standing.NO_LIMIT, Standing.NO_LIMIT);
    ledger.others = new Standing.Bounds(2, Standing.NO_LIMIT, Standing.NO_LIMIT);
    known();

    assertThat(call(0).succeeded()).isTrue();
    assertThat(call(0).succeeded()).isTrue();
    for (var i = 0; i < 10; i++) {
      assertThat(code(call(0))).isEqualTo(ErrorCode.RATE_LIMITED);
    }
    ledger.others = Standing.Bounds.NONE;
    known();

    assertThat(call(0).succeeded()).as("the user's third of the minute").isTrue();
    assertThat(code(call(0))).isEqualTo(ErrorCode.RATE_LIMITED);
  }

  @Test
  void callsAtOnceAreCountedDownByEveryEnd() {
    ledger.users = new Standing.Bounds(Standing.NO_LIMIT, Standing.NO_LIMIT, 2);
    known();
    var first = call(0).result();
    call(0);

    assertThat(code(call(0))).isEqualTo(ErrorCode.RATE_LIMITED);
    limits.end(first, false);
    limits.end(first, false);
    assertThat(call(0).succeeded()).isTrue();
    assertThat(code(call(0))).isEqualTo(ErrorCode.RATE_LIMITED);
  }

  @Test
  void tokensOfAMinuteAreTakenByEstimateAndSettledByWhatWasUsed() {
    ledger.users = new Standing.Bounds(Standing.NO_LIMIT, 1_000, Standing.NO_LIMIT);
    known();
    var cheap = call(600).result();

    assertThat(code(call(600))).isEqualTo(ErrorCode.RATE_LIMITED);
    limits.end(cheap, false, 100);
    var dear = call(600).result();
    limits.end(dear, false, 1_500);

    var refused = call(1);
    assertThat(code(refused)).as("the bucket owes 600").isEqualTo(ErrorCode.RATE_LIMITED);
    var error = AIError.from(refused.cause());
    assertThat(error.details().get("limit")).isEqualTo("tokens_per_minute");
    assertThat(error.retryAfter().orElseThrow()).isBetween(seconds(36), seconds(37));
    clock.pass(Duration.ofSeconds(37));
    assertThat(call(1).succeeded()).isTrue();
  }

  @Test
  void aCallLargerThanAWholeMinuteWaitsForAFullBucketAndNotForEver() {
    ledger.users = new Standing.Bounds(Standing.NO_LIMIT, 1_000, Standing.NO_LIMIT);
    known();

    assertThat(call(5_000).succeeded()).isTrue();
    assertThat(code(call(5_000))).isEqualTo(ErrorCode.RATE_LIMITED);
    clock.pass(Duration.ofSeconds(61));
    assertThat(call(5_000).succeeded()).isTrue();
  }

  @Test
  void ofATokenLimitEachReplicaHasItsPart() {
    ledger.users = new Standing.Bounds(Standing.NO_LIMIT, 1_000, Standing.NO_LIMIT);
    ledger.replicas = 4;
    known();

    assertThat(call(250).succeeded()).isTrue();
    assertThat(code(call(1))).isEqualTo(ErrorCode.RATE_LIMITED);
  }

  /** A look at the ledger, so that the bounds in force are in memory. */
  private void known() {
    limits.changed("user:ann");
    limits.check(who);
  }

  private Future<Charge> call(long tokens) {
    return limits.enforce(UUID.randomUUID(), who, tokens, new Cancellation());
  }

  private static ErrorCode code(Future<Charge> refused) {
    return AIError.from(refused.cause()).code();
  }

  private static Duration seconds(int count) {
    return Duration.ofSeconds(count);
  }
}
