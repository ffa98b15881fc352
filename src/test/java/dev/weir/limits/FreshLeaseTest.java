package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Cancellation;
import dev.weir.testing.HandClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Nothing is sent on a lease whose time is over, since its bucket may have left the window by then;
 * and when a unit comes back.
 */
class FreshLeaseTest {
  private final HandClock clock = new HandClock(Instant.parse("2032-05-10T12:00:00Z"));
  private final Limits limits =
      new Limits(
          new LeaseDesk(
              new HandLedger(),
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
  private final Who who = new Who("ann", UUID.randomUUID(), Optional.empty());
  private final Charge charge = limits.enforce(UUID.randomUUID(), who, new Cancellation()).result();

  @Test
  void aFreshLeaseIsSentOn() {
    clock.pass(Duration.ofMillis(9_999));

    assertThat(limits.mayBeSent(charge)).isEmpty();
  }

  @Test
  void anAttemptWhoseLeaseRanOutWhileItWaitedForAConnectionIsNotSent() {
    clock.pass(Duration.ofSeconds(10));

    assertThat(limits.mayBeSent(charge).map(AIError::code)).contains(ErrorCode.RATE_LIMITED);
  }

  @Test
  void aLeaseThatRanOutBeforeIsExchangedAndTheCallStandsOnTheNewOne() {
    var before = charge.debit();
    clock.pass(Duration.ofMinutes(10));

    assertThat(limits.freshen(charge, who, new Cancellation()).succeeded()).isTrue();

    assertThat(limits.mayBeSent(charge)).isEmpty();
    assertThat(charge.debit().user()).isPresent().isNotEqualTo(before.user());
    assertThat(charge.debit().key()).isPresent().isNotEqualTo(before.key());
  }

  @Test
  void aCallOfWhichSomethingWasSentKeepsItsUnit() {
    var before = charge.debit();
    charge.use();
    clock.pass(Duration.ofMinutes(10));

    assertThat(limits.mayBeSent(charge)).isEmpty();
    assertThat(charge.debit()).isEqualTo(before);
  }

  @Test
  void aUnitComesBackWhenACallFailsForWhichNothingWasSentAndOnlyThen() {
    var sent = limits.enforce(UUID.randomUUID(), who, new Cancellation()).result();
    sent.use();
    var answered = limits.enforce(UUID.randomUUID(), who, new Cancellation()).result();

    limits.end(charge, true);
    limits.end(sent, true);
    limits.end(answered, false);

    assertThat(charge.returned()).isTrue();
    assertThat(sent.returned()).as("a timeout or a cancellation after sending").isFalse();
    assertThat(answered.returned()).as("an answer from the cache").isFalse();
  }
}
