package dev.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A stream that a test writes to from its own thread, and that notes what is asked of it. */
final class ScriptedStream implements AnswerStream {
  final CompletableFuture<Sink> started = new CompletableFuture<>();
  final CompletableFuture<AIError> cancelled = new CompletableFuture<>();
  private final CompletableFuture<Context> context = new CompletableFuture<>();
  private volatile boolean resting;

  /** The last stage of a chain: hands on this stream. */
  Future<Reply> answer(Exchange x) {
    context.complete(Vertx.currentContext());
    x.cancellation()
        .onCancel(
            why -> {
              cancelled.complete(why);
              if (started.isDone()) {
                started.join().fail(why);
              }
            });
    return Future.succeededFuture(new Reply.Streamed(this));
  }

  void text(String text) {
    run(sink -> sink.part(new Part(text, Buffer.buffer())));
  }

  void partial(String text, JsonNode value) {
    run(sink -> sink.part(new Part(text, Buffer.buffer()).with(value)));
  }

  void wire(String text, String wire) {
    run(sink -> sink.part(new Part(text, Buffer.buffer(wire))));
  }

  void end(Answer answer) {
    run(sink -> sink.end(answer));
  }

  void fail(AIError error) {
    run(sink -> sink.fail(error));
  }

  /** Whether it was paused and not resumed since. */
  boolean resting() {
    return resting;
  }

  /** Lets its event loop do what is due, the socket's writes included. */
  void turn() {
    var passed = new CompletableFuture<Void>();
    context.join().runOnContext(_ -> passed.complete(null));
    passed.join();
  }

  private void run(Consumer<Sink> action) {
    var sink = started.join();
    context.join().runOnContext(_ -> action.accept(sink));
  }

  @Override
  public void start(Sink sink) {
    started.complete(sink);
  }

  @Override
  public void pause() {
    resting = true;
  }

  @Override
  public void resume() {
    resting = false;
  }
}
