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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the database refuses for its content is refused alone, and nothing is lost or doubled. */
class PoisonousSubjectTest {
  private static final Who EVE = new Who("eve", UUID.randomUUID(), Optional.empty());

  private final HandWorld world = new HandWorld();
  private final LeaseDesk desk = new LeaseDesk(world.ledger(), world, world);
  private final Limits limits = new Limits(desk, world, Limits.Enforcement.ENFORCE);
  private final List<Who> others = new ArrayList<>();
  private final List<Future<Charge>> calls = new ArrayList<>();

  @BeforeEach
  void eveIsPoison() {
    desk.start();
    for (var i = 0; i < 6; i++) {
      others.add(new Who("user-" + i, UUID.randomUUID(), Optional.empty()));
    }
    world.ledger().poisonous(request -> request.entries().stream().anyMatch(this::eves));
  }

  private boolean eves(Ledger.Entry entry) {
    return entry.subject().equals(Subject.user(EVE.user()));
  }

  @ParameterizedTest(name = "message {0} lost")
  @ValueSource(ints = {-1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
  void theOthersOfItsBatchAreAdmittedAndChargedForWhatTheyUsed(int lost) {
    world.ledger().lose(lost);

    others.subList(0, 3).forEach(this::call);
    var poisoned = call(EVE);
    others.subList(3, 6).forEach(this::call);
    world.goesOn();

    assertThat(AIError.from(poisoned.cause()).code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(calls).filteredOn(call -> call != poisoned).allMatch(Future::succeeded);
    close();
    assertThat(world.ledger().open()).as("leases that nobody has reported").isEmpty();
    for (var who : others) {
      assertThat(world.ledger().charged(Subject.user(who.user()))).isEqualTo(1);
    }
    assertThat(world.ledger().charged(Subject.user(EVE.user()))).isZero();
  }

  @Test
  void whoeverComesAfterItIsAdmittedToo() {
    call(EVE);
    world.goesOn();

    var next = call(others.getFirst());
    world.goesOn();

    assertThat(next.succeeded()).isTrue();
  }

  @Test
  void aRefusalIsAnAnswerOfALedgerThatKeptSilent() {
    world.ledger().poisonous(request -> !request.entries().isEmpty());
    call(EVE);
    world.drain();
    world.pass(Duration.ofSeconds(3));
    assertThat(desk.away()).isTrue();
    world.goesOn();

    world.ledger().poisonous(_ -> false);
    var next = call(others.getFirst());
    world.goesOn();

    assertThat(next.succeeded()).isTrue();
  }

  @Test
  void aPoisonousAccountTurnsAwayWhoWaitsForItsMoneyAlone() {
    world.ledger().poisonous(r -> r.entries().stream().anyMatch(e -> eves(e) && money(e)));
    var poisoned = call(EVE);
    var fine = call(others.getFirst());
    world.goesOn();

    var refused = limits.reserve(poisoned.result(), new Usd(5), new Cancellation());
    var reserved = limits.reserve(fine.result(), new Usd(5), new Cancellation());
    world.goesOn();

    assertThat(AIError.from(refused.cause()).code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(reserved.succeeded()).isTrue();
  }

  private static boolean money(Ledger.Entry entry) {
    return entry.account().isPresent();
  }

  @Test
  void aLeaseWhoseReturnIsRefusedStaysChargedAndTheOthersComeBack() {
    others.forEach(this::call);
    world.goesOn();
    var poison = world.ledger().open().getFirst();
    world
        .ledger()
        .poisonous(r -> r.returned().stream().anyMatch(back -> back.lease().equals(poison)));

    close();

    assertThat(world.ledger().open()).containsExactly(poison);
  }

  @Test
  void aRequestWhoseAnswerWasLostAndThatIsThenRefusedCreditsNothingTwice() {
    var call = call(others.getFirst());
    // Its leases have ended when its units come back.
    for (var seconds = 0; seconds < 20; seconds += 2) {
      world.goesOn();
    }
    assertThat(world.ledger().open()).isEmpty();
    world.ledger().loseNextAnswer();
    limits.end(call.result(), true);
    world.drain();
    world.ledger().step();
    // Done, but nobody knows; from here on what asks for all of it again is refused.
    world.ledger().poisonous(request -> request.returned().size() > 1);
    world.drain();

    world.goesOn();

    assertThat(call.result().returned()).isTrue();
    assertThat(world.ledger().charged(Subject.user(others.getFirst().user()))).isZero();
  }

  private Future<Charge> call(Who who) {
    var call = limits.enforce(UUID.randomUUID(), who, new Cancellation());
    calls.add(call);
    return call;
  }

  private void close() {
    var closed = new ArrayList<Boolean>();
    desk.close(() -> closed.add(true));
    world.goesOn();
    assertThat(closed).as("the closing comes to an end").hasSize(1);
  }
}
