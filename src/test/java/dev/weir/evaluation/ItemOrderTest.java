package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import dev.weir.gateway.Principal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ItemOrderTest {
  private static ItemOrder.Source source(int id, String user) {
    return new ItemOrder.Source(new UUID(0, id), user, false);
  }

  private static List<String> users(List<Item> items) {
    return items.stream().map(Item::user).distinct().toList();
  }

  @Test
  void aUsersItemsFollowEachOtherAndPlacesAreCounted() {
    var sources = new ArrayList<ItemOrder.Source>();
    for (var i = 0; i < 90; i++) {
      sources.add(source(i, "user-" + i % 30));
    }

    var items = ItemOrder.ofStored("e", sources);

    assertThat(items).extracting(Item::position).isEqualTo(IntStream.range(0, 90).boxed().toList());
    assertThat(items).allMatch(item -> item.unitItems() == 3);
    assertThat(items).allMatch(item -> item.unit() == item.position() / 3);
    for (var unit = 0; unit < 30; unit++) {
      assertThat(new HashSet<>(users(items.subList(3 * unit, 3 * unit + 3)))).hasSize(1);
    }
  }

  @Test
  void usersComeInAnOrderOfTheirNamesAndTheEvaluationAlone() {
    var sources =
        new ArrayList<>(IntStream.range(0, 50).mapToObj(i -> source(i, "u" + i)).toList());
    var first = users(ItemOrder.ofStored("e", sources));
    Collections.reverse(sources);

    assertThat(users(ItemOrder.ofStored("e", sources))).isEqualTo(first);
    assertThat(users(ItemOrder.ofStored("f", sources))).isNotEqualTo(first);
    assertThat(first).isNotEqualTo(first.stream().sorted().toList());
  }

  @Test
  void aCaseWithoutAUserStandsForItself() {
    var cases = new ArrayList<Case>();
    for (var i = 0; i < 6; i++) {
      cases.add(
          new Case(
              i + 1,
              Json.object().put("same", "input"),
              Optional.empty(),
              Optional.empty(),
              i < 2 ? Optional.of("c2") : Optional.empty()));
    }

    var items = ItemOrder.ofCases("e", Principal.weir("weir-eval.e"), cases);

    assertThat(items.getLast().unit()).isEqualTo(4);
    assertThat(items.stream().filter(item -> item.user().equals("weir-eval.e")))
        .hasSize(4)
        .allMatch(item -> item.unitItems() == 1);
  }
}
