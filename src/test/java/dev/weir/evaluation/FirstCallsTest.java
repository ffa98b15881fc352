package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class FirstCallsTest {
  private final FirstCalls calls = new FirstCalls(0.05, 1_000);

  private void users(int many, String live, String shadow) {
    for (var i = 0; i < many; i++) {
      calls.user(live, shadow);
    }
  }

  @Test
  void whatTheModelDoesWrongCounts() {
    users(60, "ok", "ok");
    users(20, "ok", "OUTPUT_INVALID");
    users(20, "TIMEOUT", "ok");
    users(100, "ok", "TIMEOUT");

    var json = calls.json();

    assertThat(json.path("users").asInt()).isEqualTo(200);
    assertThat(json.path("left_out").asInt()).isZero();
    assertThat(json.path("effect").asDouble()).isEqualTo(-0.5, within(1e-9));
    assertThat(json.path("upper").asDouble()).isNegative();
  }

  @Test
  void aShortOutageOnOneSideIsCountedApartAndMovesNothing() {
    users(196, "ok", "ok");
    users(3, "ok", "PROVIDER_UNREACHABLE");
    users(1, "PROVIDER_ERROR", "CIRCUIT_OPEN");

    var json = calls.json();

    assertThat(json.path("users").asInt()).isEqualTo(196);
    assertThat(json.path("left_out").asInt()).isEqualTo(4);
    assertThat(json.path("missing_live").asInt()).isEqualTo(1);
    assertThat(json.path("missing_shadow").asInt()).isEqualTo(4);
    assertThat(json.path("effect").asDouble()).isZero();
  }

  @Test
  void whereMoreIsMissingNothingIsTold() {
    users(195, "ok", "ok");
    users(5, "ok", "PROVIDER_ERROR");

    var json = calls.json();

    assertThat(json.path("finding").asText()).isEqualTo("too_much_missing");
    assertThat(json.has("effect")).isFalse();
    assertThat(json.has("p_value")).isFalse();
  }
}
