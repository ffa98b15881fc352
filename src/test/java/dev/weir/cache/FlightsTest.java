package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Tally.CacheStatus;
import dev.weir.testing.HandClock;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FlightsTest {
  private static final CacheKey KEY = new KeyForm().text("a question").key();
  private static final Stamp STAMP = new Stamp(0, 0, 0, 0, 0, 0);
  private static final Flights.Id ID = new Flights.Id(KEY, STAMP, Optional.empty());

  private final AtomicInteger promoted = new AtomicInteger();
  private final HandClock clock = new HandClock();
  private final Flights flights = new Flights(promoted::incrementAndGet, clock);

  /** Those that lead or led, in their order. */
  private final List<Asked> asked = new ArrayList<>();

  private record Asked(Flight.Lead lead, Promise<Reply> reply) {
    /** An answer for itself and for those who wait. */
    void answer(String text) {
      var entry = entry(text);
      lead.landed(new Flight.Landed(entry, CacheStatus.COALESCED, Optional.empty()));
      reply.complete(new Reply.Whole(entry.answer()));
    }

    void fail(ErrorCode code) {
      reply.fail(AIError.of(code, "as the test says"));
    }
  }

  private static Entry entry(String text) {
    return Frame.of(
        KEY,
        new Frame.About(
            Optional.of("ann"),
            Instant.EPOCH,
            Instant.EPOCH,
            Instant.EPOCH,
            Exchanges.target("perplexity/sonar"),
            Usd.ZERO,
            Duration.ZERO),
        Exchanges.answer(text));
  }

  private static Exchange call() {
    return Exchanges.chat("perplexity/sonar");
  }

  private Future<Reply> join(Flights.Id id, Exchange x) {
    return join(id, Generations.ANY, x);
  }

  private Future<Reply> join(Flights.Id id, long from, Exchange x) {
    return flights.join(
        id,
        from,
        x,
        new Flights.Part(
            lead -> {
              var one = new Asked(lead, Promise.promise());
              asked.add(one);
              return one.reply().future();
            },
            landed -> new Reply.Whole(landed.entry().answer())));
  }

  private static String text(Future<Reply> reply) {
    assertThat(reply.succeeded()).as("%s", reply.cause()).isTrue();
    Answer answer = ((Reply.Whole) reply.result()).answer();
    return answer.text();
  }

  private static ErrorCode code(Future<Reply> reply) {
    assertThat(reply.failed()).isTrue();
    return AIError.from(reply.cause()).code();
  }

  @Test
  void oneAsksAndAllGetItsAnswer() {
    var first = join(ID, call());
    var second = join(ID, call());
    var third = join(ID, call());
    assertThat(asked).hasSize(1);
    assertThat(second.isComplete()).isFalse();
    assertThat(flights.waiting()).isEqualTo(2);

    asked.getFirst().answer("for all");

    assertThat(List.of(text(first), text(second), text(third))).containsOnly("for all");
    assertThat(flights.size()).isZero();
    assertThat(flights.waiting()).isZero();
    assertThat(promoted).hasValue(0);
  }

  @Test
  void whoComesAfterAnInvalidationOrTakesOtherAgesFliesAlone() {
    join(ID, call());
    join(new Flights.Id(KEY, new Stamp(0, 0, 1, 0, 0, 0), Optional.empty()), call());
    join(new Flights.Id(KEY, STAMP, Optional.of(Duration.ofMinutes(1))), call());
    join(new Flights.Id(new KeyForm().text("another").key(), STAMP, Optional.empty()), call());

    assertThat(asked).hasSize(4);
    assertThat(flights.size()).isEqualTo(4);
  }

  @Test
  void aFlightThatBeganTooEarlyIsNotJoinedAndGoesOnWithThoseThatItHas() {
    var first = join(ID, call());
    var second = join(ID, call());
    clock.pass(Duration.ofSeconds(1));

    var third = join(ID, clock.nanoTime(), call());
    assertThat(asked).as("the third asks for itself").hasSize(2);
    var fourth = join(ID, clock.nanoTime(), call());
    var fifth = join(ID, call());
    assertThat(asked).as("and is joined by who comes after it").hasSize(2);

    asked.getFirst().answer("of before");
    assertThat(List.of(text(first), text(second))).containsOnly("of before");
    assertThat(third.isComplete()).isFalse();
    var sixth = join(ID, call());
    asked.getLast().answer("of after");
    assertThat(List.of(text(third), text(fourth), text(fifth), text(sixth)))
        .containsOnly("of after");
    assertThat(flights.size()).isZero();
  }

  @Test
  void afterAFlightHasEndedTheNextCallBeginsAnother() {
    join(ID, call());
    asked.getFirst().answer("of before");

    join(ID, call());

    assertThat(asked).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "TIMEOUT",
        "CANCELLED",
        "BUDGET_EXCEEDED",
        "QUOTA_EXCEEDED",
        "DRAINING",
        "OVERLOADED"
      })
  void aLeadersOwnEndMakesTheNextOneLead(ErrorCode own) {
    var first = join(ID, call());
    var second = join(ID, call());
    var third = join(ID, call());

    asked.getFirst().fail(own);

    assertThat(code(first)).isEqualTo(own);
    assertThat(asked).hasSize(2);
    assertThat(promoted).hasValue(1);
    asked.getLast().answer("of the second");
    assertThat(List.of(text(second), text(third))).containsOnly("of the second");
    assertThat(flights.size()).isZero();
  }

  @ParameterizedTest
  @EnumSource(names = {"PROVIDER_ERROR", "INVALID_REQUEST", "CONTENT_FILTERED", "OUTPUT_INVALID"})
  void anErrorThatAnybodyWouldGetIsEveryones(ErrorCode everyones) {
    var first = join(ID, call());
    var second = join(ID, call());

    asked.getFirst().fail(everyones);

    assertThat(List.of(code(first), code(second))).containsOnly(everyones);
    assertThat(asked).hasSize(1);
    assertThat(flights.size()).isZero();
  }

  @Test
  void anyErrorOfALeaderThatWasCancelledIsItsOwn() {
    var leader = call();
    join(ID, leader);
    var second = join(ID, call());

    leader.cancellation().cancel(AIError.of(ErrorCode.CANCELLED, "gone"));
    asked.getFirst().fail(ErrorCode.PROVIDER_ERROR);

    assertThat(asked).hasSize(2);
    asked.getLast().answer("of the second");
    assertThat(text(second)).isEqualTo("of the second");
  }

  @Test
  void aCancelledLeaderIsNotWaitedForAndWhatItSaysLaterIsIgnored() {
    var leader = call();
    join(ID, leader);
    var second = join(ID, call());

    leader.cancellation().cancel(AIError.of(ErrorCode.TIMEOUT, "too late"));

    assertThat(asked).as("though the first one's request still hangs").hasSize(2);
    asked.getFirst().answer("of the dead");
    assertThat(second.isComplete()).isFalse();
    asked.getLast().answer("of the living");
    assertThat(text(second)).isEqualTo("of the living");
  }

  @Test
  void whoWaitsAndGoesAwayEndsAtOnceAndNeverLeads() {
    join(ID, call());
    var hasty = call();
    var second = join(ID, hasty);
    var third = join(ID, call());

    hasty.cancellation().cancel(AIError.of(ErrorCode.TIMEOUT, "no time"));
    assertThat(code(second)).isEqualTo(ErrorCode.TIMEOUT);
    asked.getFirst().fail(ErrorCode.CANCELLED);

    assertThat(asked).hasSize(2);
    asked.getLast().answer("of the third");
    assertThat(text(third)).isEqualTo("of the third");
  }

  @Test
  void withNobodyLeftAFlightIsOver() {
    var leader = call();
    var waits = call();
    join(ID, leader);
    join(ID, waits);

    waits.cancellation().cancel(AIError.of(ErrorCode.CANCELLED, "gone"));
    leader.cancellation().cancel(AIError.of(ErrorCode.CANCELLED, "gone"));

    assertThat(flights.size()).isZero();
    assertThat(promoted).hasValue(0);
    join(ID, call());
    assertThat(asked).hasSize(2);
  }

  @Test
  void aLeaderWhoseWayThrowsFailsAndFreesTheKey() {
    var broken =
        new Flights.Part(
            _ -> {
              throw new IllegalStateException("a bug");
            },
            landed -> new Reply.Whole(landed.entry().answer()));

    var reply = flights.join(ID, Generations.ANY, call(), broken);

    assertThat(reply.failed()).isTrue();
    assertThat(flights.size()).isZero();
  }
}
