package dev.weir.output;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.weir.core.Json;
import java.math.BigDecimal;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class CleanTreeTest {
  @Test
  void whatPostgresRefusesIsTakenOutOfKeysAndValues() {
    var tree = Json.object();
    tree.putArray("a\u0000b").add("x\u0000y").add("half \ud83d of a pair").add("\ud83d\ude00");

    var clean = CleanTree.of(tree, UnaryOperator.identity()).orElseThrow();

    assertThat(clean)
        .isEqualTo(Json.parse("{\"ab\": [\"xy\", \"half \ufffd of a pair\", \"\ud83d\ude00\"]}"));
  }

  @Test
  void aNumberThatWouldChokeItsReaderIsRefused() {
    var tree = Json.object();
    tree.set("n", JsonNodeFactory.instance.numberNode(new BigDecimal("1e999999999")));

    assertThat(CleanTree.of(tree, UnaryOperator.identity())).isEmpty();
  }

  @Test
  void stringsAreEditedAndKeysAreNot() {
    var tree = Json.object().put("key", "value");

    var edited = CleanTree.of(tree, String::toUpperCase);

    assertThat(edited).contains(Json.object().put("key", "VALUE"));
  }
}
