package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Promise;
import org.junit.jupiter.api.Test;

class LanesTest {
  private final Lanes lanes = new Lanes(2);
  private final Promise<String> one = Promise.promise();
  private final Promise<String> other = Promise.promise();

  @Test
  void thereIsRoomUntilAllLanesAreTakenAndAgainWhenOneHasEnded() {
    lanes.take(one.future());
    assertThat(lanes.room().succeeded()).isTrue();
    lanes.take(other.future());
    var room = lanes.room();
    assertThat(room.isComplete()).isFalse();

    other.complete("done");

    assertThat(room.succeeded()).isTrue();
    assertThat(lanes.room().succeeded()).isTrue();
  }

  @Test
  void whereItBecameNarrowerOneThatEndsMakesNoRoom() {
    lanes.take(one.future());
    lanes.take(other.future());
    var room = lanes.room();

    assertThat(lanes.narrow()).isTrue();
    assertThat(lanes.narrow()).as("one is left").isFalse();
    one.complete("done");
    assertThat(room.isComplete()).isFalse();
    other.complete("done");

    assertThat(room.succeeded()).isTrue();
  }

  @Test
  void whatFailsLeavesItsLaneToo() {
    lanes.take(one.future());
    lanes.take(other.future());
    var next = lanes.next();
    var empty = lanes.empty();

    one.fail("broken");

    assertThat(next.succeeded()).isTrue();
    assertThat(empty.isComplete()).isFalse();
    other.fail("broken too");
    assertThat(empty.succeeded()).isTrue();
    assertThat(lanes.idle()).isTrue();
  }

  @Test
  void whereNothingIsUnderWayThereIsNothingToWaitFor() {
    assertThat(lanes.next().succeeded()).isTrue();
    assertThat(lanes.empty().succeeded()).isTrue();
  }
}
