package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usd;
import dev.weir.gateway.Cancellation;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * When a node closes, the ledger charges what was admitted and nothing else (LEDGER section 3): at
 * whatever step of the protocol the closing falls, whichever message is lost.
 */
class GivenBackTest {
  private static final int STEPS = 16;

  private final HandWorld world = new HandWorld();
  private final LeaseDesk desk = new LeaseDesk(world.ledger(), world, world);
  private final Limits limits = new Limits(desk, world, Limits.Enforcement.ENFORCE);
  private final Who who = new Who("ann", UUID.randomUUID(), Optional.empty());
  private final List<Future<Charge>> calls = new ArrayList<>();
  private boolean closed;

  @BeforeEach
  void start() {
    desk.start();
  }

  /** Closing before every step; with no message lost, each of the first ones, or its answer. */
  static Stream<Arguments> stories() {
    return Stream.iterate(0, n -> n < STEPS, n -> n + 1)
        .flatMap(
            closing -> Stream.of(-1, 0, 1, 2, 3, 4, 5).map(lost -> Arguments.of(closing, lost)));
  }

  @ParameterizedTest(name = "closing before step {0}, message {1} lost")
  @MethodSource("stories")
  void whatIsChargedIsWhatWasAdmitted(int closing, int lost) {
    world.ledger().lose(lost);

    for (var step = 0; step < STEPS; step++) {
      if (step == closing) {
        close();
      }
      story(step);
    }
    world.goesOn();

    assertThat(closed).as("the closing comes to an end").isTrue();
    assertThat(calls).allMatch(Future::isComplete);
    chargedIsWhatWasAdmitted();
    assertThat(world.ledger().held()).as("money that is held for nobody").isZero();
  }

  /** Calls come while messages are under way, enough of them for a second lease. */
  private void story(int step) {
    switch (step) {
      case 0, 2, 4, 5, 6, 8, 11 -> call();
      case 10 -> reserveAndSettle();
      default -> {
        world.pass(Duration.ofMillis(60));
        world.ledger().step();
        world.drain();
      }
    }
  }

  @Test
  void aCallThatWaitsWhenTheNodeClosesIsTurnedAwayAndCostsNothing() {
    var waiting = call();

    close();
    world.goesOn();

    assertThat(AIError.from(waiting.cause()).code()).isEqualTo(ErrorCode.DRAINING);
    chargedIsWhatWasAdmitted();
  }

  @Test
  void aLeaseThatNobodyWaitsForComesBackIfItIsUnderWayWhenTheNodeCloses() {
    do {
      if (!call().isComplete()) {
        world.goesOn();
      }
      world.pass(Duration.ofMillis(30));
    } while (!world.ledger().takeUnderWay() || !calls.getLast().isComplete());

    close();
    world.goesOn();

    assertThat(closed).isTrue();
    assertThat(admitted()).as("enough that a lease was renewed").isGreaterThan(10);
    chargedIsWhatWasAdmitted();
  }

  @Test
  void aUnitThatComesBackWhileCallsLetInWithoutTheLedgerAreBeingChargedIsNotLost() {
    world.ledger().bounds.away = new Standing.Away(true, 50, 0);
    call();
    world.goesOn();
    world.ledger().silent(true);
    // Bob's wish waits for the ledger, too, and is put together after the charge of ann's calls.
    limits.enforce(UUID.randomUUID(), bob(), new Cancellation());
    while (!desk.away()) {
      call();
      world.pass(Duration.ofMillis(250));
    }
    var letIn = call().result();

    world.onNow(() -> limits.end(letIn, true));
    world.ledger().silent(false);
    world.goesOn();
    close();
    world.goesOn();

    assertThat(letIn.returned()).isTrue();
    calls.removeLast();
    chargedIsWhatWasAdmitted();
  }

  private static Who bob() {
    return new Who("bob", UUID.randomUUID(), Optional.empty());
  }

  private void close() {
    desk.close(() -> closed = true);
    world.drain();
  }

  private Future<Charge> call() {
    var call = limits.enforce(UUID.randomUUID(), who, new Cancellation());
    calls.add(call);
    world.drain();
    return call;
  }

  private void reserveAndSettle() {
    var price = new Usd(50_000_000);
    calls.stream()
        .filter(Future::succeeded)
        .map(Future::result)
        .forEach(
            charge ->
                limits
                    .reserve(charge, price, new Cancellation())
                    .onSuccess(_ -> charge.settle(price.nanos(), 0)));
    world.drain();
  }

  private long admitted() {
    return calls.stream().filter(Future::succeeded).count();
  }

  private void chargedIsWhatWasAdmitted() {
    var ledger = world.ledger();
    assertThat(ledger.charged(Subject.user(who.user()))).isEqualTo(admitted());
    assertThat(ledger.charged(new Subject(Subject.Kind.KEY, who.key().toString())))
        .isEqualTo(admitted());
    assertThat(ledger.open()).as("leases that nobody has reported").isEmpty();
  }
}
