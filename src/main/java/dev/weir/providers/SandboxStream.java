package dev.weir.providers;

import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream.Part;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/**
 * An answer of the sandbox, written word by word by a timer. Rests when its reader does. Confined
 * to its event loop.
 */
final class SandboxStream implements LiveStream.Flow {
  private static final long PACE_MILLIS = 8;
  private static final int WORDS_BEFORE_STALL = 3;

  private final Vertx vertx;
  private final Exchange x;
  private final SandboxBehaviour behaviour;
  private final Answer answer;
  private final Deque<String> words;
  private final int breaksAt;
  private final LiveStream live;
  private boolean paused;
  private boolean ticking;

  SandboxStream(Vertx vertx, Exchange x, SandboxBehaviour behaviour, Answer answer) {
    this.vertx = vertx;
    this.x = x;
    this.behaviour = behaviour;
    this.answer = answer;
    this.words = new ArrayDeque<>(Arrays.asList(answer.text().split("(?<=\\s)(?=\\S)")));
    this.breaksAt =
        switch (behaviour.kind()) {
          case TRUNCATE -> words.size() / 2;
          case STALL -> Math.max(0, words.size() - WORDS_BEFORE_STALL);
          default -> -1;
        };
    this.live = new LiveStream(x, this);
  }

  /** Starts to write. */
  Future<Reply> begin() {
    tick();
    return live.reply();
  }

  private void tick() {
    if (!ticking && !paused && !live.ended()) {
      ticking = true;
      vertx.setTimer(
          PACE_MILLIS,
          _ -> {
            ticking = false;
            step();
          });
    }
  }

  private void step() {
    if (live.ended() || paused) {
      return;
    }
    if (words.size() == breaksAt) {
      if (behaviour.kind() == SandboxBehaviour.Kind.TRUNCATE) {
        live.fail(Failures.truncated());
      }
      return;
    }
    var next = words.poll();
    if (next == null) {
      x.currentAttempt().report(answer.usage());
      live.end(answer);
      return;
    }
    live.part(new Part(next, Buffer.buffer()));
    tick();
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
    tick();
  }
}
