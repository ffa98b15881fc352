package dev.weir.resilience;

import dev.weir.core.AIError;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;

/** A stream whose provider is the test's own hand. */
final class HandStream implements AnswerStream {
  private Optional<Sink> sink = Optional.empty();
  private boolean ended;

  /** One that keeps the contract: it fails as soon as the call is cancelled. */
  static HandStream obeying(Exchange x) {
    var stream = new HandStream();
    x.cancellation().onCancel(_ -> stream.sink.ifPresent(_ -> stream.obey(x)));
    return stream;
  }

  private void obey(Exchange x) {
    if (!ended) {
      fail(x.cancellation().reason().orElseThrow());
    }
  }

  boolean started() {
    return sink.isPresent();
  }

  void say(String text) {
    sink.orElseThrow().part(new Part(text, Buffer.buffer()));
  }

  void end() {
    ended = true;
    sink.orElseThrow().end(Exchanges.answer("all"));
  }

  void fail(AIError error) {
    ended = true;
    sink.orElseThrow().fail(error);
  }

  @Override
  public void start(Sink receiver) {
    if (started()) {
      throw new IllegalStateException("started twice");
    }
    sink = Optional.of(receiver);
  }

  @Override
  public void pause() {}

  @Override
  public void resume() {}
}
