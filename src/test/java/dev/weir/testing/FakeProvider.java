package dev.weir.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A model provider for tests: a real HTTP server on a free loopback port that speaks Perplexity's
 * Agent API and embeddings (strictly: an unknown field at any depth is 400) and OpenAI's chat
 * completions and embeddings, and plays a script.
 *
 * <pre>{@code
 * try (var fake = FakeProvider.start()) {
 *   fake.then(status(429).retryAfter(2)).then(stream("a", "b").cutAfter(1));
 *   ...
 *   assertThat(fake.requests()).hasSize(2);
 * }
 * }</pre>
 *
 * <p>Each request takes the next turn of the script; when that is used up, {@link #always} answers,
 * at first with a plain success. It has a Vert.x of its own, so it goes on whatever happens to the
 * one under test. Thread-safe.
 */
public final class FakeProvider implements AutoCloseable {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Dialect AGENT = new AgentWire();
  private static final Dialect CHAT = new ChatWire();
  private static final Dialect EMBEDDINGS = new EmbeddingWire();

  private final Vertx vertx;
  private final BlockingQueue<Seen> arrivals = new LinkedBlockingQueue<>();
  private final List<Seen> requests = new CopyOnWriteArrayList<>();
  private final ConcurrentLinkedQueue<Turn> script = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Meant> meant = new ConcurrentLinkedQueue<>();
  private final CompletableFuture<Void> reset = new CompletableFuture<>();
  private final CompletableFuture<Void> full = new CompletableFuture<>();
  private final AtomicInteger resets = new AtomicInteger();
  private final AtomicInteger active = new AtomicInteger();
  private final AtomicInteger highWater = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicLong written = new AtomicLong();
  private volatile Turn fallback = Turn.answer("The fake provider says hello.");
  private HttpServer server;

  /** A turn for who says a word. */
  private record Meant(String word, Turn turn) {}

  private FakeProvider() {
    vertx =
        Vertx.vertx(
            new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1));
    server = vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0));
  }

  /**
   * A request as it arrived.
   *
   * @param path its path
   * @param headers its headers, names in lower case
   * @param body its body; a missing node if it was no JSON
   */
  public record Seen(String path, Map<String, String> headers, JsonNode body) {}

  /** Starts one; it listens when this returns. */
  public static FakeProvider start() {
    var fake = new FakeProvider();
    fake.server.requestHandler(fake::serve);
    fake.server.connectionHandler(_ -> fake.connections.incrementAndGet());
    fake.server = get(fake.server.listen().toCompletionStage().toCompletableFuture());
    return fake;
  }

  /** The base URL for the Agent API. */
  public URI agentUri() {
    return URI.create("http://127.0.0.1:" + server.actualPort());
  }

  /** The base URL for chat completions. */
  public URI chatUri() {
    return URI.create("http://127.0.0.1:" + server.actualPort() + "/v1");
  }

  /** The port it listens on. */
  public int port() {
    return server.actualPort();
  }

  /** Adds a turn to the end of the script. */
  public FakeProvider then(Turn turn) {
    script.add(turn);
    return this;
  }

  /**
   * A turn beside the script: for the first request that says the word, whenever it comes. Of
   * requests that are under way together nobody knows which comes first.
   */
  public FakeProvider whoSays(String word, Turn turn) {
    meant.add(new Meant(word, turn));
    return this;
  }

  /** What it does once the script is used up. */
  public FakeProvider always(Turn turn) {
    fallback = turn;
    return this;
  }

  /** Every request so far, in order. */
  public List<Seen> requests() {
    return List.copyOf(requests);
  }

  /** The next request, waiting for it if need be. */
  public Seen awaitRequest() {
    try {
      var seen = arrivals.poll(10, TimeUnit.SECONDS);
      if (seen == null) {
        throw new AssertionError("no request came within ten seconds");
      }
      return seen;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Done when the client has closed the connection of a request that was not answered in full. */
  public CompletableFuture<Void> reset() {
    return reset;
  }

  /** Waits for {@link #reset()}. */
  public void awaitReset() {
    get(reset);
  }

  /** How many requests the client has given up. */
  public int resets() {
    return resets.get();
  }

  /** Waits until a stream could not be written because the client does not read. */
  public void awaitFull() {
    get(full);
  }

  /** Bytes of streams written so far. */
  public long written() {
    return written.get();
  }

  /** Requests being answered at this moment. */
  public int active() {
    return active.get();
  }

  /** The most requests that were being answered at once. */
  public int highWater() {
    return highWater.get();
  }

  /** Connections accepted so far. */
  public int connections() {
    return connections.get();
  }

  @Override
  public void close() {
    get(vertx.close().toCompletionStage().toCompletableFuture());
  }

  private void serve(HttpServerRequest request) {
    highWater.accumulateAndGet(active.incrementAndGet(), Math::max);
    var response = request.response();
    // Of a request that was given up both are told.
    var over = new AtomicBoolean();
    Runnable end =
        () -> {
          if (!over.getAndSet(true)) {
            active.decrementAndGet();
          }
        };
    response.endHandler(_ -> end.run());
    response.closeHandler(
        _ -> {
          end.run();
          if (!response.ended()) {
            resets.incrementAndGet();
            reset.complete(null);
          }
        });
    response.exceptionHandler(_ -> {});
    request.body().onSuccess(body -> answer(request, body));
  }

  private void answer(HttpServerRequest request, Buffer body) {
    var seen = new Seen(request.path(), headers(request), parse(body));
    requests.add(seen);
    arrivals.add(seen);
    var spoken = dialect(request.path());
    var dialect = spoken.orElse(AGENT);
    var turn =
        spoken.isPresent()
            ? dialect.refuse(seen.body()).orElseGet(() -> next(seen))
            : Turn.status(404).body("<html>no such page</html>");
    var player = new Player(vertx, request, seen, dialect, turn, written, full);
    if (!turn.gate.isDone()) {
      var context = vertx.getOrCreateContext();
      var _ = turn.gate.thenRun(() -> context.runOnContext(_ -> player.play()));
    } else if (turn.delay.isZero()) {
      player.play();
    } else {
      vertx.setTimer(turn.delay.toMillis(), _ -> player.play());
    }
  }

  private static Optional<Dialect> dialect(String path) {
    return switch (path) {
      case "/v1/agent", "/v1/responses" -> Optional.of(AGENT);
      case "/v1/embeddings" -> Optional.of(EMBEDDINGS);
      default -> path.endsWith("/chat/completions") ? Optional.of(CHAT) : Optional.empty();
    };
  }

  private Turn next(Seen seen) {
    for (var one : meant) {
      if (seen.body().toString().contains(one.word()) && meant.remove(one)) {
        return one.turn();
      }
    }
    var turn = script.poll();
    return turn == null ? fallback : turn;
  }

  private static Map<String, String> headers(HttpServerRequest request) {
    var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    request.headers().forEach(headers::put);
    return headers;
  }

  private static JsonNode parse(Buffer body) {
    try {
      return MAPPER.readTree(body.getBytes());
    } catch (IOException _) {
      return JsonNodeFactory.instance.missingNode();
    }
  }

  private static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("the fake provider waited in vain", e);
    }
  }
}
