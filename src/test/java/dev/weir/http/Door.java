package dev.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.analytics.UsageAnalytics;
import dev.weir.config.HttpSettings;
import dev.weir.config.Mode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AttemptRecord;
import dev.weir.gateway.Authenticator;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.ModelDirectory;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.Planner;
import dev.weir.gateway.Principal;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Route;
import dev.weir.gateway.Source;
import dev.weir.gateway.Stage;
import dev.weir.gateway.Target;
import dev.weir.limits.Limits;
import dev.weir.prompts.CachePolicy;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.Parameters;
import dev.weir.prompts.RepairPolicy;
import dev.weir.prompts.RetryPolicy;
import dev.weir.prompts.Schema;
import dev.weir.prompts.Search;
import dev.weir.prompts.TimeoutRange;
import dev.weir.prompts.Violation;
import dev.weir.storage.Database;
import dev.weir.storage.DatabaseUrl;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A public API on a real port, in front of a gateway whose chain is one scripted stage. It knows
 * the function {@code echo} and the key {@code good}.
 */
public final class Door implements AutoCloseable {
  public static final Target TARGET =
      new Target(new ModelRef("sandbox", "echo"), "sandbox", false, false, Optional.empty());

  private static final HttpSettings SETTINGS =
      new HttpSettings(
          "127.0.0.1",
          0,
          8 << 20,
          16 << 10,
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          1000);

  private static final UsageAnalytics NOWHERE = nowhere();

  private final Vertx vertx = Vertx.vertx();
  private final AtomicBoolean draining = new AtomicBoolean();
  private final BlockingQueue<AccessListener.Served> served = new LinkedBlockingQueue<>();
  private final HttpClient client = HttpClient.newHttpClient();
  private final PublicApi api;
  private final int port;

  private Door(
      Stage stage, HttpSettings settings, List<String> origins, Mode mode, UsageAnalytics usage) {
    api =
        new PublicApi(
            new PublicApi.Parts(
                vertx,
                settings,
                origins,
                mode,
                gateway(stage),
                authenticator(),
                models(),
                Door::catalogue,
                usage,
                user -> Future.succeededFuture(dev.weir.core.Json.object().put("id", user)),
                (user, given) -> Future.succeededFuture("recorded"),
                Limits.off(),
                Clock.system(),
                draining::get,
                new Connections(settings.maxConnections()),
                served::add));
    port = api.listen().toCompletionStage().toCompletableFuture().join();
  }

  /** In front of a stage that answers as {@link #answer}. */
  public static Door open() {
    return open((x, _) -> Future.succeededFuture(new Reply.Whole(tallied(x, answer("hello")))));
  }

  public static Door open(Stage stage) {
    return open(stage, SETTINGS);
  }

  static Door open(Stage stage, HttpSettings settings) {
    return new Door(stage, settings, List.of(), Mode.DEV, NOWHERE);
  }

  static Door open(List<String> origins, Mode mode) {
    return new Door(
        (x, _) -> Future.succeededFuture(new Reply.Whole(tallied(x, answer("hello")))),
        SETTINGS,
        origins,
        mode,
        NOWHERE);
  }

  /** In front of a database's usage. */
  static Door open(Database database) {
    return new Door(
        (_, _) -> Future.failedFuture("no calls here"),
        SETTINGS,
        List.of(),
        Mode.DEV,
        new UsageAnalytics(database, Clock.system()));
  }

  private static UsageAnalytics nowhere() {
    var url = DatabaseUrl.parse("postgres://nobody:nothing@127.0.0.1:1/nowhere");
    return new UsageAnalytics(
        Database.open(Vertx.vertx(), url, Database.Limits.of(1)), Clock.system());
  }

  static HttpSettings impatient(Duration head, Duration body, Duration idle) {
    return new HttpSettings("127.0.0.1", 0, 8 << 20, 16 << 10, head, body, idle, 1000);
  }

  /** Notes one attempt in the tally, as the real stages do. */
  public static Answer tallied(Exchange x, Answer answer) {
    x.tally()
        .add(
            new AttemptRecord(
                UUID.randomUUID(),
                x.plan().route().first(),
                Instant.EPOCH,
                Optional.empty(),
                Duration.ofMillis(7),
                answer.usage(),
                Optional.of(new Usd(1_250_000)),
                Optional.empty()));
    return answer;
  }

  /** An answer in plain text, with one source. */
  public static Answer answer(String text) {
    return new Answer(
        text,
        Optional.empty(),
        Answer.Finish.STOP,
        "echo",
        Usage.of(12, 34),
        Optional.empty(),
        List.of(new Source("https://example.org/a", "A page", "words", Optional.of("2026-01-02"))),
        Optional.empty());
  }

  public static Gateway gateway(Stage stage) {
    return new Gateway(new Planner(Door::catalogue, models()), Chain.of(List.of(stage)));
  }

  public static Authenticator authenticator() {
    return shown -> {
      if (shown.key().filter("good"::equals).isPresent()) {
        return Future.succeededFuture(
            new Principal(
                new UUID(0, 1),
                Principal.Role.SERVICE,
                shown.actingFor().orElse("ann"),
                Optional.empty(),
                Set.of(),
                Set.of()));
      }
      return Future.failedFuture(
          AIError.of(ErrorCode.UNAUTHENTICATED, "Send a key: Authorization: Bearer <key>."));
    };
  }

  private static ModelDirectory models() {
    return new ModelDirectory() {
      @Override
      public Route route(String name, List<String> fallbacks) {
        if (names().contains(name)) {
          return new Route(name, List.of(TARGET));
        }
        throw AIError.of(ErrorCode.NOT_FOUND, "There is no model of this name.")
            .with("nearest", names());
      }

      @Override
      public boolean priced(String name) {
        return name.equals("sonar");
      }

      @Override
      public List<String> names() {
        return List.of("sandbox/echo", "sandbox/org/deep", "sonar");
      }
    };
  }

  private static FunctionCatalogue catalogue() {
    var echo =
        new FunctionDefinition(
            "echo",
            "v1",
            "Says it again.",
            "sonar",
            List.of(),
            Parameters.DEFAULT,
            Search.OFF,
            Optional.empty(),
            JsonNode::toString,
            needs("text"),
            Optional.empty(),
            TimeoutRange.DEFAULT,
            RetryPolicy.DEFAULT,
            CachePolicy.DEFAULT,
            Optional.empty(),
            RepairPolicy.DEFAULT,
            false,
            Optional.of(Json.object().put("text", "hi")));
    return new FunctionCatalogue() {
      @Override
      public Optional<FunctionDefinition> find(String name) {
        return Optional.of(echo).filter(f -> f.name().equals(name));
      }

      @Override
      public List<String> nearest(String name, int most) {
        return List.of("echo");
      }

      @Override
      public List<FunctionDefinition> all() {
        return List.of(echo);
      }
    };
  }

  private static Schema needs(String member) {
    return new Schema() {
      @Override
      public JsonNode node() {
        return Json.object().put("type", "object");
      }

      @Override
      public List<Violation> validate(JsonNode value) {
        return value.path(member).isTextual()
            ? List.of()
            : List.of(new Violation("$." + member, "is missing or no string"));
      }
    };
  }

  public Vertx vertx() {
    return vertx;
  }

  int port() {
    return port;
  }

  PublicApi api() {
    return api;
  }

  void drain() {
    draining.set(true);
  }

  /** The next request that ended. */
  AccessListener.Served served() throws InterruptedException {
    var next = served.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("no request ended within 10 s");
    }
    return next;
  }

  /** A request with the good key and a JSON body. */
  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
        .timeout(Duration.ofSeconds(20))
        .header("authorization", "Bearer good")
        .header("content-type", "application/json");
  }

  HttpResponse<String> post(String path, String body) throws Exception {
    return send(request(path).POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  HttpResponse<String> get(String path) throws Exception {
    return send(request(path).GET());
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  RawClient raw() throws Exception {
    return new RawClient(port);
  }

  @Override
  public void close() {
    client.shutdownNow();
    api.close().toCompletionStage().toCompletableFuture().join();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
