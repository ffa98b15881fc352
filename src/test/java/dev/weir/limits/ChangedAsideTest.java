package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.gateway.Cancellation;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * That limits have changed is heard on another thread than that on which the ledger's answers are.
 */
class ChangedAsideTest {
  private final HandWorld world = new HandWorld();
  private final LeaseDesk desk = new LeaseDesk(world.ledger(), world, world);
  private final Limits limits = new Limits(desk, world, Limits.Enforcement.ENFORCE);
  private final Who who = new Who("ann", UUID.randomUUID(), Optional.empty());

  private Future<Charge> call() {
    var call = limits.enforce(UUID.randomUUID(), who, new Cancellation());
    world.drain();
    return call;
  }

  @ParameterizedTest(name = "an answer at reading {0} of the clock")
  @ValueSource(ints = {1, 2, 3})
  void anAnswerThatComesInBetweenLeavesNobodyWaitingAtALeaseThatNobodyMayTake(int reading) {
    desk.start();
    // Enough calls that the next lease is under way while this one has units.
    Future<Charge> last;
    do {
      last = call();
      if (!last.isComplete()) {
        world.goesOn();
      }
      world.pass(Duration.ofMillis(30));
    } while (!world.ledger().takeUnderWay());
    assertThat(last.succeeded()).isTrue();

    world.onNano(
        reading,
        () -> {
          world.ledger().step();
          world.drain();
        });
    limits.changed("user:ann");
    world.onNano(0, () -> {});
    world.drain();
    var next = call();
    world.goesOn();

    assertThat(next.succeeded()).isTrue();
  }
}
