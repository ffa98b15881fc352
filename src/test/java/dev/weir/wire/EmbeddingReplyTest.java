package dev.weir.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Vectors;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class EmbeddingReplyTest {
  private static Answer answer(float... vector) {
    return Exchanges.answer("").with(Vectors.of(List.of(vector)));
  }

  private static Call.OfEmbedding call(boolean packed) {
    return new Call.OfEmbedding(
        "m", new Ask.Embedding(List.of("x"), OptionalInt.empty(), packed), CallOptions.DEFAULT);
  }

  @Test
  void everyNumberIsReadAgainAsItWas() {
    var numbers =
        new float[] {-129, -128, -1, -0.0f, 0, 1, 127, 128, 0.5f, -3.5e-8f, 3e38f, 1e-45f};

    var reply = Json.parse(EmbeddingReply.of(call(false), answer(numbers), Usage.of(7, 0)));

    var list = reply.at("/data/0/embedding");
    assertThat(list).hasSize(numbers.length);
    for (var i = 0; i < numbers.length; i++) {
      assertThat(list.get(i).floatValue()).isEqualTo(numbers[i] == 0 ? 0f : numbers[i]);
      assertThat(list.get(i).isFloatingPointNumber()).as("a number of float's type").isTrue();
    }
    assertThat(reply.at("/usage/prompt_tokens").asInt()).isEqualTo(7);
  }

  @Test
  void itsSizeIsKnownBeforehandNearEnough() {
    var numbers = new float[2560];
    for (var i = 0; i < numbers.length; i++) {
      numbers[i] = (float) Math.sin(i) / 50;
    }

    for (var packed : List.of(true, false)) {
      var written = EmbeddingReply.of(call(packed), answer(numbers), Usage.of(7, 0)).length();

      assertThat(EmbeddingReply.size(call(packed), answer(numbers)))
          .isBetween(written * 2L / 3, written * 3L / 2);
    }
  }
}
