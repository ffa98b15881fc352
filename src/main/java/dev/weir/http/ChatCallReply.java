package dev.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream.Part;
import dev.weir.gateway.Call;
import dev.weir.gateway.Exchange;
import dev.weir.wire.ChatReply;
import dev.weir.wire.Envelope;
import dev.weir.wire.FunctionReply;
import io.vertx.core.buffer.Buffer;

/**
 * The chat-completions surface. What a provider already wrote in this shape goes through byte for
 * byte; what it wrote in another is written as OpenAI would. A stream ends with a comment that
 * holds the meta, and {@code [DONE]}; a broken one with an error event and nothing after it.
 */
final class ChatCallReply implements CallReply {
  private static final Buffer NOTHING = Buffer.buffer(0);
  private static final Buffer DONE = Buffer.buffer("data: [DONE]\n\n");

  private final Visit visit;
  private final Exchange x;
  private final ChatReply shape;
  private final boolean usageWanted;
  private boolean verbatim;
  private boolean roleSent;

  ChatCallReply(Visit visit, Exchange x) {
    this.visit = visit;
    this.x = x;
    var call = (Call.OfModel) x.call();
    this.usageWanted = call.body().path("stream_options").path("include_usage").asBoolean(false);
    this.shape =
        new ChatReply(
            ChatReply.id(visit.id()),
            visit.clock().now().getEpochSecond(),
            call.model(),
            usageWanted);
  }

  @Override
  public void whole(Answer answer) {
    WeirHeaders.whole(x, visit.response().headers());
    visit.reply(
        200,
        "application/json",
        answer.wire().orElseGet(() -> Json.write(shape.completion(answer))));
  }

  @Override
  public void beginStream() {
    WeirHeaders.early(x, visit.response().headers());
  }

  @Override
  public Buffer part(Part part) {
    if (part.wire().length() > 0) {
      verbatim = true;
      return part.wire().equals(DONE) ? NOTHING : part.wire();
    }
    return part.text().isEmpty() ? NOTHING : text(part.text());
  }

  @Override
  public Buffer end(Answer answer) {
    return verbatim ? close(Buffer.buffer(), answer) : rendered(Buffer.buffer(), answer);
  }

  @Override
  public Buffer all(Answer answer) {
    var message = answer.wire().flatMap(ChatReply::message);
    if (message.isPresent()) {
      return rendered(delta(message.get()), answer);
    }
    return rendered(answer.text().isEmpty() ? Buffer.buffer() : text(answer.text()), answer);
  }

  @Override
  public Buffer broken(AIError error) {
    return Sse.data(Envelope.OPENAI.error(error, visit.id()));
  }

  private Buffer text(String text) {
    return delta(Json.object().put("content", text));
  }

  private Buffer delta(ObjectNode delta) {
    if (roleSent) {
      return Sse.data(shape.chunk(delta));
    }
    roleSent = true;
    return Sse.data(shape.chunk(Json.object().put("role", "assistant").put("content", "")))
        .appendBuffer(Sse.data(shape.chunk(delta)));
  }

  private Buffer rendered(Buffer events, Answer answer) {
    if (!roleSent) {
      events.appendBuffer(delta(Json.object().put("content", "")));
    }
    events.appendBuffer(Sse.data(shape.finish(answer)));
    if (usageWanted) {
      events.appendBuffer(Sse.data(shape.usage(answer)));
    }
    return close(events, answer);
  }

  private Buffer close(Buffer events, Answer answer) {
    JsonNode meta = FunctionReply.meta(x, answer.sources(), visit.clock().nanoTime());
    return events.appendBuffer(Sse.comment("weir", meta)).appendBuffer(DONE);
  }
}
