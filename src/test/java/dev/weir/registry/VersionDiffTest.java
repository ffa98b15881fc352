package dev.weir.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VersionDiffTest {
  @Test
  void placesThatAreNewGoneOrOtherAreTold() {
    var changes =
        VersionDiff.of(
            Json.parse("{\"a\": 1, \"b\": {\"c\": \"x\", \"d\": 2}, \"e\": [1]}"),
            Json.parse("{\"a\": 1, \"b\": {\"c\": \"y\"}, \"e\": [2], \"f\": true}"));

    assertThat(changes)
        .isEqualTo(
            Json.parse(
                """
                [{"path": "$.b.c", "from": "x", "to": "y"}, {"path": "$.b.d", "from": 2},
                 {"path": "$.e", "from": [1], "to": [2]}, {"path": "$.f", "to": true}]
                """));
  }

  @Test
  void ofTextsTheFewestLinesAreTold() {
    assertThat(lines(List.of("a", "b", "c", "d", "e"), List.of("a", "c", "x", "d", "f", "e")))
        .containsExactly("-b", "+x", "+f");
    assertThat(lines(List.of("a", "a"), List.of("a", "a", "a"))).containsExactly("+a");
    assertThat(lines(List.of("a", "b", "c"), List.of("c", "a", "b"))).containsExactly("+c", "-c");
  }

  @Test
  void aDifferenceFarDownInALongTextIsFound() {
    var before = numbered("line", 50_000);
    var after = new ArrayList<>(before);
    after.set(40_000, "another");
    after.remove(45_000);

    // The 5,000 lines in between are too many to compare pair by pair.
    assertThat(lines(before, after)).contains("-line 40000", "+another", "-line 45000");
    after.add(45_000, "line 45000");
    assertThat(lines(before, after)).containsExactly("-line 40000", "+another");
  }

  @ParameterizedTest
  @ValueSource(ints = {1_900, 2_100, 100_000})
  void textsOfManyLinesThatDifferEverywhereAreComparedInBoundedTimeAndNothingIsLeftOut(int many) {
    var before = numbered("old", many);
    var after = new ArrayList<>(before);
    Collections.shuffle(after, new Random(7));
    after.replaceAll(line -> line.hashCode() % 3 == 0 ? line + " more" : line);

    var lines = lines(before, after);

    var gone = (int) lines.stream().filter(line -> line.startsWith("-")).count();
    assertThat(lines.size() - gone).isEqualTo(gone);
    if (many < 2_000) {
      assertThat(gone).isLessThan(many);
      return;
    }
    var first = before.indexOf(lines.getFirst().substring(1));
    assertThat(gone).isGreaterThan(many - 10);
    assertThat(lines.subList(0, gone)).isEqualTo(signed("-", before.subList(first, first + gone)));
    assertThat(lines.subList(gone, 2 * gone))
        .isEqualTo(signed("+", after.subList(first, first + gone)));
  }

  @Test
  void whatIsComparedIsBoundedForAllTextsTogether() {
    var before = Json.object();
    var after = Json.object();
    for (var n = 0; n < 40; n++) {
      before.put("t" + n, String.join("\n", numbered("a " + n, 1_500)));
      after.put("t" + n, String.join("\n", numbered("b " + n, 1_500)));
    }

    var changes = VersionDiff.of(before, after);

    assertThat(changes).hasSize(40);
    assertThat(changes).allSatisfy(change -> assertThat(change.path("lines")).hasSize(3_000));
  }

  @Test
  void longLinesAreNotComparedLetterByLetterForEachPair() {
    var start = "x".repeat(2_000);
    var before = numbered(start, 1_900);
    var after = new ArrayList<>(before);
    Collections.reverse(after);

    assertThat(lines(before, after)).hasSize(2 * (1_900 - 1));
  }

  private static List<String> numbered(String word, int many) {
    return IntStream.range(0, many).mapToObj(n -> word + " " + n).toList();
  }

  private static List<String> signed(String sign, List<String> lines) {
    return lines.stream().map(line -> sign + line).toList();
  }

  private static List<String> lines(List<String> before, List<String> after) {
    var changes = VersionDiff.of(text(before), text(after));
    assertThat(changes).hasSize(1);
    var lines = new ArrayList<String>();
    changes.get(0).path("lines").forEach(line -> lines.add(line.asText()));
    return lines;
  }

  private static JsonNode text(List<String> lines) {
    return Json.object().put("text", String.join("\n", lines));
  }
}
