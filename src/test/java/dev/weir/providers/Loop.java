package dev.weir.providers;

import dev.weir.config.WeirConfig;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.LargeWork;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** One event loop with the providers under test, driven from the test's thread. */
final class Loop implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
  private final Context context = vertx.getOrCreateContext();
  private final List<Throwable> unhandled = new CopyOnWriteArrayList<>();
  private final Upstreams upstreams;

  Loop(WeirConfig config) {
    this(config, GoneFields.DROP);
  }

  Loop(WeirConfig config, GoneFields gone) {
    context.exceptionHandler(unhandled::add);
    upstreams = on(() -> new Upstreams(vertx, config, Clock.system(), gone));
  }

  /** Asks and waits for the whole answer. */
  Answer answer(Exchange x) {
    return ((Reply.Whole) reply(x)).answer();
  }

  /** Asks and waits for the reply. */
  Reply reply(Exchange x) {
    return await(ask(x));
  }

  /** Asks; the future may fail with an {@link AIError}. */
  CompletableFuture<Reply> ask(Exchange x) {
    var stage = new UpstreamStage(upstreams);
    var done = new CompletableFuture<Reply>();
    context.runOnContext(
        _ ->
            stage
                .handle(x, null)
                .onComplete(
                    (reply, e) -> {
                      if (e == null) {
                        done.complete(reply);
                      } else {
                        done.completeExceptionally(e);
                      }
                    }));
    return done;
  }

  /** Does this on the loop after a while; fails with what it throws. */
  CompletableFuture<Void> after(long millis, Runnable task) {
    var done = new CompletableFuture<Void>();
    context.runOnContext(
        _ ->
            vertx.setTimer(
                millis,
                _ -> {
                  try {
                    task.run();
                    done.complete(null);
                  } catch (RuntimeException e) {
                    done.completeExceptionally(e);
                  }
                }));
    return done;
  }

  /** The error with which an ask fails. */
  AIError error(Exchange x) {
    return failure(ask(x));
  }

  static AIError failure(CompletableFuture<?> future) {
    try {
      var value = future.get(10, TimeUnit.SECONDS);
      throw new AssertionError("succeeded with " + value);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AIError error) {
        return error;
      }
      throw new AssertionError(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Starts a stream and gathers what it delivers. */
  Gathered gather(AnswerStream stream) {
    var gathered = new Gathered();
    run(() -> stream.start(gathered));
    return gathered;
  }

  /** Asks for a stream, starts it and gathers what it delivers. */
  Gathered stream(Exchange x) {
    return gather(((Reply.Streamed) reply(x)).stream());
  }

  /** Closes the providers, while the loop goes on. */
  void closeUpstreams() {
    await(on(upstreams::close).toCompletionStage().toCompletableFuture());
  }

  /** What was thrown on the loop and caught by nobody. */
  List<Throwable> unhandled() {
    return List.copyOf(unhandled);
  }

  /** Holds every thread for large work until {@code released}. */
  CompletableFuture<Void> occupyLargeWork(CountDownLatch released) {
    var threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    var done = new ArrayList<CompletableFuture<?>>();
    run(
        () -> {
          var work = new LargeWork(vertx);
          for (var i = 0; i < threads; i++) {
            done.add(
                work.of(LargeWork.FROM_BYTES, () -> released.await(20, TimeUnit.SECONDS))
                    .toCompletionStage()
                    .toCompletableFuture());
          }
        });
    return CompletableFuture.allOf(done.toArray(CompletableFuture[]::new));
  }

  /** Runs something on the loop and waits for it. */
  void run(Runnable task) {
    on(
        () -> {
          task.run();
          return true;
        });
  }

  <T> T on(Supplier<T> task) {
    var done = new CompletableFuture<T>();
    context.runOnContext(
        _ -> {
          try {
            done.complete(task.get());
          } catch (RuntimeException | Error e) {
            done.completeExceptionally(e);
          }
        });
    return await(done);
  }

  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(10, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new AssertionError(e.getCause());
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError("waited in vain", e);
    }
  }

  @Override
  public void close() {
    closeUpstreams();
    Future<Void> closed = vertx.close();
    await(closed.toCompletionStage().toCompletableFuture());
  }

  /** What a stream delivered. */
  static final class Gathered implements AnswerStream.Sink {
    final List<AnswerStream.Part> parts = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Answer> end = new CompletableFuture<>();
    private final CompletableFuture<Void> first = new CompletableFuture<>();

    @Override
    public void part(AnswerStream.Part part) {
      parts.add(part);
      first.complete(null);
    }

    @Override
    public void end(Answer answer) {
      end.complete(answer);
    }

    @Override
    public void fail(AIError error) {
      end.completeExceptionally(error);
    }

    void awaitPart() {
      await(first);
    }

    Answer awaitEnd() {
      return await(end);
    }

    AIError awaitFailure() {
      return failure(end);
    }

    boolean ended() {
      return end.isDone();
    }

    String text() {
      var text = new StringBuilder();
      parts.forEach(p -> text.append(p.text()));
      return text.toString();
    }

    String wire() {
      var text = new StringBuilder();
      parts.forEach(p -> text.append(p.wire()));
      return text.toString();
    }
  }
}
