package dev.weir.testing;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** Plays one {@link Turn} on one connection, with backpressure. Confined to its event loop. */
final class Player {
  private final Vertx vertx;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final FakeProvider.Seen seen;
  private final Dialect dialect;
  private final Turn turn;
  private final AtomicLong written;
  private final CompletableFuture<Void> full;
  private final Deque<Buffer> queue = new ArrayDeque<>();
  private int sent;

  Player(
      Vertx vertx,
      HttpServerRequest request,
      FakeProvider.Seen seen,
      Dialect dialect,
      Turn turn,
      AtomicLong written,
      CompletableFuture<Void> full) {
    this.vertx = vertx;
    this.request = request;
    this.response = request.response();
    this.seen = seen;
    this.dialect = dialect;
    this.turn = turn;
    this.written = written;
    this.full = full;
  }

  void play() {
    switch (turn.kind) {
      case HANG -> {}
      case RESET -> request.connection().close();
      case RAW -> raw();
      case FLOOD -> {
        openStream();
        dialect.opening(turn, seen.body()).forEach(this::enqueue);
        write(this::flood);
      }
      case ANSWER -> {
        if (seen.body().path("stream").asBoolean()) {
          openStream();
          dialect.opening(turn, seen.body()).forEach(this::enqueue);
          write(this::step);
        } else {
          whole(200, dialect.whole(turn, seen.body()));
        }
      }
    }
  }

  private void raw() {
    whole(turn.status, turn.body.orElseGet(() -> dialect.error(turn)));
  }

  private void whole(int status, String body) {
    response.setStatusCode(status).putHeader("content-type", "application/json");
    turn.headers.forEach(response::putHeader);
    response.end(body);
  }

  private void openStream() {
    response.setChunked(true).putHeader("content-type", "text/event-stream");
    turn.headers.forEach(response::putHeader);
  }

  private void step() {
    if (sent == turn.stallAfter) {
      return;
    }
    if (sent == turn.cutAfter) {
      request.connection().close();
    } else if (sent == turn.endAfter) {
      response.end();
    } else if (sent == turn.errorAfter) {
      enqueue(dialect.broken(turn));
      write(response::end);
    } else if (sent == turn.parts.size()) {
      dialect.ending(turn, seen.body()).forEach(this::enqueue);
      write(response::end);
    } else if (turn.pace.isZero()) {
      one();
    } else {
      vertx.setTimer(turn.pace.toMillis(), _ -> one());
    }
  }

  private void one() {
    enqueue(dialect.part(turn, sent, turn.parts.get(sent)));
    sent++;
    write(this::step);
  }

  private void flood() {
    enqueue(dialect.part(turn, sent, "x".repeat(4000)));
    sent++;
    write(this::flood);
  }

  private void enqueue(String event) {
    var bytes = Buffer.buffer(event);
    var slice = turn.slice == 0 ? bytes.length() : turn.slice;
    for (var from = 0; from < bytes.length(); from += slice) {
      queue.add(bytes.slice(from, Math.min(bytes.length(), from + slice)));
    }
  }

  /** Writes what is queued, as fast as the reader takes it, then goes on in a turn of its own. */
  private void write(Runnable then) {
    while (!queue.isEmpty()) {
      if (response.closed()) {
        return;
      }
      if (response.writeQueueFull()) {
        full.complete(null);
        response.drainHandler(_ -> write(then));
        return;
      }
      var next = queue.removeFirst();
      written.addAndGet(next.length());
      var _ = response.write(next);
    }
    vertx.runOnContext(
        _ -> {
          if (!response.closed()) {
            then.run();
          }
        });
  }
}
