package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import org.junit.jupiter.api.Test;

class EmbedderTest {
  @Test
  void valuesOfTheSameNameInOtherPlacesAreOtherInputs() {
    assertThat(Embedder.text(Json.parse("{\"from\": {\"city\": \"Rome\"}}")))
        .isNotEqualTo(Embedder.text(Json.parse("{\"to\": {\"city\": \"Rome\"}}")));
  }

  @Test
  void orderCaseAndWhiteSpaceDoNotMatter() {
    assertThat(Embedder.text(Json.parse("{\"a\": \"Two  words\", \"b\": [1, 2]}")))
        .isEqualTo(Embedder.text(Json.parse("{\"b\": [1, 2], \"a\": \" two words\"}")))
        .contains("a: two words\nb: 1\nb: 2\n");
  }

  @Test
  void longInputsThatBeginAlikeAreNotCompared() {
    assertThat(Embedder.text(Json.object().put("a", "x".repeat(8_000)))).isEmpty();
  }
}
