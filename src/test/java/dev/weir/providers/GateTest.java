package dev.weir.providers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class GateTest {
  private final Gate gate = new Gate(2, 2);
  private final ArrayList<String> admitted = new ArrayList<>();
  private final ArrayList<String> turnedAway = new ArrayList<>();

  @Test
  void letsInAsManyAsThereAreConnectionsAndQueuesTheNext() {
    enter("a");
    enter("b");
    enter("c");

    assertThat(admitted).containsExactly("a", "b");
    assertThat(gate.inside()).isEqualTo(2);
    assertThat(gate.waiting()).isEqualTo(1);
  }

  @Test
  void admitsInTheOrderOfArrival() {
    var a = enter("a");
    enter("b");
    enter("c");
    enter("d");

    a.leave();

    assertThat(admitted).containsExactly("a", "b", "c");
  }

  @Test
  void turnsAwayWhatDoesNotFitTheQueue() {
    for (var name : new String[] {"a", "b", "c", "d"}) {
      enter(name);
    }

    assertThat(gate.enter(() -> admitted.add("e"), () -> {})).isEmpty();
  }

  @Test
  void forgetsWhoLeavesTheQueueAndCountsALeaverOnce() {
    var a = enter("a");
    enter("b");
    var c = enter("c");
    c.leave();
    c.leave();
    a.leave();
    a.leave();

    enter("d");
    enter("e");

    assertThat(admitted).containsExactly("a", "b", "d");
    assertThat(gate.inside()).isEqualTo(2);
    assertThat(gate.waiting()).isEqualTo(1);
  }

  @Test
  void onceItIsClosedNobodyIsLetInAndWhoWaitsOrComesIsTurnedAway() {
    var a = enter("a");
    enter("b");
    enter("c");
    var d = enter("d");
    d.leave();

    gate.close();
    a.leave();
    enter("e");

    assertThat(admitted).containsExactly("a", "b");
    assertThat(turnedAway).containsExactly("c", "e");
    assertThat(gate.inside()).isEqualTo(1);
    assertThat(gate.waiting()).isZero();
  }

  private Gate.Ticket enter(String name) {
    return gate.enter(() -> admitted.add(name), () -> turnedAway.add(name)).orElseThrow();
  }
}
