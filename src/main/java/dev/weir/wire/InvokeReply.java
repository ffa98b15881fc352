package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Clock;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Call;
import dev.weir.gateway.Exchange;
import java.util.List;

/** Encodes the reply to a message: the function envelope, for chat completions too. */
public final class InvokeReply {
  private InvokeReply() {}

  /**
   * The success envelope of a whole answer; its data is the function's value, or the chat
   * completion as HTTP would have sent it.
   */
  public static ObjectNode success(Exchange x, Answer answer, Clock clock) {
    return switch (x.call()) {
      case Call.OfFunction _ -> FunctionReply.success(x, answer, clock.nanoTime());
      case Call.OfModel m ->
          FunctionReply.success(x, completion(x, m, answer, clock), answer, clock.nanoTime());
      case Call.OfEmbedding _ -> throw new IllegalStateException("no message asks for vectors");
    };
  }

  /** The {@code meta} member of a call that failed: as of a stream that breaks off. */
  public static ObjectNode meta(Exchange x, Clock clock) {
    return FunctionReply.meta(x, List.of(), clock.nanoTime());
  }

  private static JsonNode completion(Exchange x, Call.OfModel call, Answer answer, Clock clock) {
    return answer
        .wire()
        .flatMap(ChatReply::parsed)
        .orElseGet(
            () ->
                new ChatReply(
                        ChatReply.id(x.origin().id()),
                        clock.now().getEpochSecond(),
                        call.model(),
                        false)
                    .completion(answer));
  }
}
