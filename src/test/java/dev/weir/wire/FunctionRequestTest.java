package dev.weir.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.Json;
import dev.weir.gateway.Call;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FunctionRequestTest {
  @Test
  void partialValuesAreWantedOnlyIfAskedFor() {
    assertThat(decode("{\"input\": {}, \"stream\": true}").options().partial()).isFalse();
    assertThat(
            decode("{\"input\": {}, \"stream\": true, \"options\": {\"partial\": true}}")
                .options()
                .partial())
        .isTrue();
  }

  @Test
  void partialValuesNeedAStream() {
    assertThatThrownBy(() -> decode("{\"input\": {}, \"options\": {\"partial\": true}}"))
        .hasMessageContaining("$.options.partial")
        .hasMessageContaining("stream");
  }

  @Test
  void aChatCallOnTheBusHasNoPartialValues() {
    var message =
        InvokeMessage.of(
            Json.parse(
                """
                {"model": "sonar", "body": {"messages": []}, "options": {"partial": false}}
                """));

    assertThatThrownBy(message::call).hasMessageContaining("partial");
  }

  private static Call.OfFunction decode(String body) {
    return FunctionRequest.decode("echo", Json.parse(body), Map.of());
  }
}
