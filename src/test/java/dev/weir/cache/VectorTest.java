package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.weir.core.Json;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VectorTest {
  private static Vector vector(String json) {
    var array = Json.parse(json);
    var numbers = new float[array.size()];
    for (var i = 0; i < numbers.length; i++) {
      numbers[i] = (float) array.get(i).doubleValue();
    }
    return Vector.of(numbers);
  }

  /** As {@code array_send} gives a real[]. */
  private static Buffer sent(float... numbers) {
    var buffer =
        Buffer.buffer()
            .appendInt(1)
            .appendInt(0)
            .appendInt(700)
            .appendInt(numbers.length)
            .appendInt(1);
    for (var number : numbers) {
      buffer.appendInt(Float.BYTES).appendFloat(number);
    }
    return buffer;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1, 0] | [2, 0] | 1",
        "[1, 0] | [0, 3] | 0",
        "[1, 0] | [-1, 0] | -1",
        "[1, 1] | [1, 0] | 0.70710678",
        "[0, 0] | [1, 0] | 0",
        "[1, 0] | [1, 0, 0] | 0",
        "[3e38, 0] | [3e38, 0] | 1",
      })
  void theCosineIsThatOfTheAngle(String one, String other, double cosine) {
    assertThat(vector(one).cosine(vector(other))).isCloseTo(cosine, within(1e-7));
  }

  @Test
  void whatPostgresSendsIsComparedAsIfItHadBeenRead() {
    var one = vector("[0.5, -2.25, 7, 0.1]");

    assertThat(one.cosineOfSent(sent(1.5f, 2, -3, 0.7f)))
        .isEqualTo(one.cosine(vector("[1.5, 2, -3, 0.7]")));
    assertThat(one.cosineOfSent(sent(0.5f, -2.25f, 7, 0.1f))).isCloseTo(1, within(1e-12));
  }

  @Test
  void whatCannotBeComparedIsNotAlike() {
    var one = vector("[1, 2]");

    assertThat(one.cosineOfSent(sent(1))).isZero();
    assertThat(one.cosineOfSent(sent(1, 2, 3))).isZero();
    assertThat(one.cosineOfSent(sent(0, 0))).isZero();
    assertThat(one.cosineOfSent(sent(Float.NaN, 1))).isZero();
    assertThat(one.cosineOfSent(Buffer.buffer())).isZero();
    assertThat(one.cosineOfSent(Buffer.buffer().appendInt(0).appendInt(0).appendInt(700)))
        .as("an empty array")
        .isZero();
  }
}
