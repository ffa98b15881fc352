package dev.weir.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.code_intelligence.jazzer.mutation.annotation.NotNull;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.gateway.CallOptions;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Whatever comes through a door is decoded or refused as an invalid request, never anything else.
 */
class RequestFuzz {
  @FuzzTest(maxDuration = "10s")
  void noBytesEscapeTheDecoders(byte[] bytes) {
    JsonNode body;
    try {
      body = Json.parse(Buffer.buffer(bytes));
    } catch (AIError e) {
      assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
      return;
    }
    refusesOnly(body, b -> FunctionRequest.decode("f", b, Map.of()));
    refusesOnly(body, b -> ChatRequest.decode(b, CallOptions.DEFAULT));
    refusesOnly(body, b -> InvokeMessage.of(b).call());
    refusesOnly(body, b -> InvokeMessage.of(b).correlation());
  }

  @FuzzTest(maxDuration = "5s")
  void noHeaderEscapesTheDecoderOfTags(@NotNull String header) {
    try {
      assertThat(CallTags.ofHeaders(List.of(header))).hasSizeLessThanOrEqualTo(8);
    } catch (AIError e) {
      assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    }
  }

  private static void refusesOnly(JsonNode body, Consumer<JsonNode> decoder) {
    try {
      decoder.accept(body);
    } catch (AIError e) {
      assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
      assertThat(e.message()).isNotBlank();
    }
  }
}
