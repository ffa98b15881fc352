package dev.weir.http;

import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream.Part;
import dev.weir.gateway.Exchange;
import dev.weir.wire.FunctionReply;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/**
 * The function surface: the envelope, or the events {@code delta}, {@code partial} (the data so
 * far, where the caller wants it), {@code result} (the envelope's data), {@code error} and last
 * {@code meta}.
 */
record FunctionCallReply(Visit visit, Exchange x) implements CallReply {
  @Override
  public void whole(Answer answer) {
    WeirHeaders.whole(x, visit.response().headers());
    visit.reply(200, FunctionReply.success(x, answer, visit.clock().nanoTime()));
  }

  @Override
  public void beginStream() {
    WeirHeaders.early(x, visit.response().headers());
  }

  @Override
  public Buffer part(Part part) {
    var events =
        part.text().isEmpty()
            ? Buffer.buffer(0)
            : Sse.event("delta", Json.object().put("text", part.text()));
    part.partial().ifPresent(value -> events.appendBuffer(Sse.event("partial", value)));
    return events;
  }

  @Override
  public Buffer end(Answer answer) {
    return Sse.event("result", FunctionReply.data(answer))
        .appendBuffer(
            Sse.event("meta", FunctionReply.meta(x, answer.sources(), visit.clock().nanoTime())));
  }

  @Override
  public Buffer all(Answer answer) {
    return Sse.event("delta", Json.object().put("text", answer.text())).appendBuffer(end(answer));
  }

  @Override
  public Buffer broken(AIError error) {
    return Sse.event("error", FunctionReply.error(error, visit.id()))
        .appendBuffer(
            Sse.event("meta", FunctionReply.meta(x, List.of(), visit.clock().nanoTime())));
  }
}
