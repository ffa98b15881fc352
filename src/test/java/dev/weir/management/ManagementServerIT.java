package dev.weir.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.config.ManagementSettings;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Secret;
import dev.weir.health.Concern;
import dev.weir.health.Health;
import dev.weir.health.HealthEndpoints;
import dev.weir.telemetry.EventLoopLag;
import dev.weir.telemetry.Metrics;
import dev.weir.testing.Eventually;
import dev.weir.testing.FaultyProxy;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.NetClientOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.PoolOptions;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@Timeout(120)
@ExtendWith(TestDatabase.Extension.class)
class ManagementServerIT {
  private final Metrics metrics = new Metrics();
  private final Vertx vertx = metrics.vertx(new VertxOptions().setEventLoopPoolSize(2)).build();
  private final EventLoopLag lag = new EventLoopLag(Clock.system(), metrics.registry(), 2);
  private final Health health = new Health(vertx, Clock.system(), lag);
  private final HttpClient client = HttpClient.newHttpClient();
  private int port;

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    metrics.close();
    client.close();
  }

  @Test
  void theProbesTellAProcessesLife() throws Exception {
    serve();

    assertThat(get("/livez").statusCode()).isEqualTo(200);
    assertThat(get("/startupz").statusCode()).isEqualTo(503);
    assertThat(get("/readyz").statusCode()).isEqualTo(503);

    health.started();
    for (var path : List.of("/livez", "/readyz", "/startupz")) {
      assertThat(get(path).statusCode()).isEqualTo(200);
    }
    for (var path : List.of("/health/live", "/health/ready", "/health/started")) {
      assertThat(get(path).statusCode()).isEqualTo(200);
    }

    health.draining();
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/health/ready").statusCode()).isEqualTo(503);
    assertThat(get("/livez").statusCode()).isEqualTo(200);
    assertThat(get("/startupz").statusCode()).isEqualTo(200);
    assertThat(get("/system-health").statusCode()).isEqualTo(503);
  }

  @Test
  void readinessFailsWithAFrozenDatabaseAndComesBackWithIt(TestDatabase database) throws Exception {
    var url = database.serviceUrl();
    try (var proxy = FaultyProxy.before(url.port())) {
      var pool =
          PgBuilder.pool()
              .with(new PoolOptions().setMaxSize(2).setConnectionTimeout(2))
              .with(new NetClientOptions().setIdleTimeout(2))
              .connectingTo(
                  new PgConnectOptions()
                      .setHost("127.0.0.1")
                      .setPort(proxy.port())
                      .setDatabase(url.database())
                      .setUser(url.user())
                      .setPassword(url.password()))
              .using(vertx)
              .build();
      health.needs("database", () -> pool.query("SELECT 1").execute().mapEmpty());
      health.started();
      serve();
      until("/readyz", 200);

      proxy.blackHole(true);
      until("/readyz", 503);
      assertThat(get("/livez").statusCode()).isEqualTo(200);
      var body = json(get("/readyz"));
      assertThat(body.at("/checks/1/name").textValue()).isEqualTo("database");
      assertThat(body.at("/checks/1/status").textValue()).isEqualTo("DOWN");
      assertThat(body.at("/checks/0/status").textValue()).isEqualTo("UP");
      assertThat(body.toString()).doesNotContain("127.0.0.1", "timeout");

      proxy.blackHole(false);
      until("/readyz", 200);
    }
  }

  @Test
  void manyProbesAskTheDatabaseOnceASecond() throws Exception {
    var asked = new AtomicInteger();
    health.needs(
        "database",
        () -> {
          asked.incrementAndGet();
          return Future.succeededFuture();
        });
    health.started();
    serve();

    var start = System.nanoTime();
    for (var i = 0; i < 500; i++) {
      assertThat(get("/readyz").statusCode()).isEqualTo(200);
    }
    var seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();

    assertThat(asked.get()).isBetween(1, (int) seconds + 2);
  }

  @Test
  void aLoopThatIsStuckFailsLiveness() throws Exception {
    var frozen = new EventLoopLag(new Hurried(), metrics.registry(), 2);
    var hurried = new Health(vertx, Clock.system(), frozen);
    port = deploy(local(), new HealthEndpoints(hurried, _ -> no()), List.of());

    assertThat(get("/livez").statusCode()).isEqualTo(503);
  }

  @Test
  void systemHealthTellsAnyoneTheScoreAndAnAdminTheReasons() throws Exception {
    // On a clock that stands still no loop is ever late, however busy the machine is.
    var health =
        new Health(vertx, Clock.system(), new EventLoopLag(new Still(), metrics.registry(), 2));
    health.started();
    health.section("queues", () -> Map.of("usage", 7));
    health.section("broken", () -> Integer.parseInt("x"));
    serve(health);

    var fine = get("/system-health");
    assertThat(fine.statusCode()).isEqualTo(200);
    assertThat(json(fine).fieldNames()).toIterable().containsExactly("status", "score");
    assertThat(json(fine).get("status").textValue()).isEqualTo("healthy");
    assertThat(json(fine).get("score").intValue()).isEqualTo(100);

    health.concern(() -> List.of(new Concern(20, "the breaker of perplexity/sonar is open")));
    var full = get("/system-health", "authorization", "Bearer admin");
    assertThat(full.statusCode()).isEqualTo(200);
    assertThat(json(full).get("status").textValue()).isEqualTo("degraded");
    assertThat(json(full).get("score").intValue()).isEqualTo(80);
    assertThat(json(full).at("/concerns/0/text").textValue()).contains("perplexity/sonar");
    assertThat(json(full).at("/queues/usage").intValue()).isEqualTo(7);
    assertThat(json(full).at("/memory/heap_max_bytes").longValue()).isPositive();
    assertThat(json(full).at("/broken").textValue()).startsWith("unavailable");

    health.concern(() -> List.of(new Concern(60, "worse")));
    assertThat(get("/system-health").statusCode()).isEqualTo(503);
  }

  @Test
  void metricsAreOpenWithoutATokenAndNameTheServersOwnRequests() throws Exception {
    serve();
    get("/livez");

    var reply = get("/metrics");

    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(reply.headers().firstValue("content-type").orElse(""))
        .startsWith("text/plain; version=0.0.4");
    assertThat(reply.body())
        .contains("jvm_memory_used_bytes", "weir_event_loop_lag_seconds_count")
        .contains("vertx_http_server_response_time_seconds_count{code=\"200\",method=\"GET\"}");
    assertThat(get("/metrics", "accept", "application/openmetrics-text").body())
        .endsWith("# EOF\n");
  }

  @Test
  void strangeVerbsMakeNoSeriesOfTheirOwn() throws Exception {
    serve();

    for (var i = 0; i < 5; i++) {
      var request = HttpRequest.newBuilder(uri("/livez")).method("VERB" + i, noBody()).build();
      client.send(request, BodyHandlers.discarding());
    }

    assertThat(get("/metrics").body()).doesNotContain("VERB").contains("method=\"other\"");
  }

  @Test
  void metricsWithATokenWantExactlyThatToken() throws Exception {
    var settings =
        new ManagementSettings(
            "127.0.0.1", 0, Optional.of(new Secret("a-token")), Optional.empty());
    port = deploy(settings, new HealthEndpoints(health, _ -> no()), List.of());

    assertThat(get("/metrics").statusCode()).isEqualTo(401);
    assertThat(get("/metrics", "authorization", "Bearer a-toke").statusCode()).isEqualTo(401);
    assertThat(get("/metrics", "authorization", "Basic a-token").statusCode()).isEqualTo(401);
    assertThat(get("/metrics", "authorization", "bearer a-token").statusCode()).isEqualTo(200);
    assertThat(get("/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void otherRoomsMountTheirRoutesAndTheirFailuresAreProblems() throws Exception {
    Consumer<Router> api =
        router -> {
          router.post("/api/*").handler(BodyHandler.create(false).setBodyLimit(10));
          router.post("/api/echo").handler(c -> c.end(c.body().asString()));
          router
              .get("/api/forbidden")
              .handler(c -> c.fail(AIError.of(ErrorCode.FORBIDDEN, "An admin key is needed.")));
          router
              .get("/api/broken")
              .handler(
                  _ -> {
                    throw new IllegalStateException("secret detail");
                  });
        };
    port = deploy(local(), new HealthEndpoints(health, _ -> no()), List.of(api));

    assertThat(post("/api/echo", "hello").body()).isEqualTo("hello");
    assertProblem(post("/api/echo", "far too long a body"), 413);
    var forbidden = get("/api/forbidden");
    assertProblem(forbidden, 403);
    assertThat(json(forbidden).get("detail").textValue()).isEqualTo("An admin key is needed.");
    assertProblem(get("/api/broken"), 500);
    assertThat(get("/api/broken").body()).doesNotContain("secret detail");
    assertProblem(get("/nowhere"), 404);
    assertProblem(post("/livez", ""), 405);
    assertThat(get("/").body()).contains("/readyz", "/metrics");
  }

  @Test
  void aTakenPortIsNamedTogetherWithTheSettingThatMovesIt() throws Exception {
    try (var taken = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      var settings =
          new ManagementSettings(
              "127.0.0.1", taken.getLocalPort(), Optional.empty(), Optional.empty());

      assertThatThrownBy(() -> deploy(settings, new HealthEndpoints(health, _ -> no()), List.of()))
          .rootCause()
          .isInstanceOf(java.net.BindException.class);
      assertThatThrownBy(() -> deploy(settings, new HealthEndpoints(health, _ -> no()), List.of()))
          .hasMessageContaining("127.0.0.1:" + taken.getLocalPort())
          .hasMessageContaining("WEIR_MANAGEMENT_LISTEN");
    }
  }

  @Test
  void theHealthCheckOfTheImageFailsUntilTheStartIsOver() throws Exception {
    serve();

    assertThat(healthCheck(port)).isNotZero();
    health.started();
    assertThat(healthCheck(port)).isZero();
    health.draining();
    assertThat(healthCheck(port)).isZero();
    assertThat(healthCheck(1)).isNotZero();
  }

  private static int healthCheck(int port) throws Exception {
    var check = new ProcessBuilder("conf/deploy/healthcheck");
    check.environment().put("WEIR_MANAGEMENT_LISTEN", "0.0.0.0:" + port);
    var process =
        check.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    return process.waitFor();
  }

  private void serve() throws Exception {
    await(lag.watch(vertx));
    serve(health);
  }

  private void serve(Health health) throws Exception {
    var endpoints =
        new HealthEndpoints(
            health,
            request ->
                Future.succeededFuture("Bearer admin".equals(request.getHeader("authorization"))));
    port = deploy(local(), endpoints, List.of());
  }

  private int deploy(
      ManagementSettings settings, HealthEndpoints endpoints, List<Consumer<Router>> mounts)
      throws Exception {
    var server = new ManagementServer(settings, endpoints, metrics, mounts);
    await(vertx.deployVerticle(server));
    return server.port();
  }

  private static ManagementSettings local() {
    return new ManagementSettings("127.0.0.1", 0, Optional.empty(), Optional.empty());
  }

  private static Future<Boolean> no() {
    return Future.succeededFuture(false);
  }

  private static HttpRequest.BodyPublisher noBody() {
    return HttpRequest.BodyPublishers.noBody();
  }

  private void until(String path, int status) throws Exception {
    Eventually.until(path + " is " + status, () -> get(path).statusCode() == status);
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(30));
    return client.send(
        (headers.length == 0 ? request : request.headers(headers)).build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri(path))
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .timeout(Duration.ofSeconds(30))
            .build(),
        BodyHandlers.ofString());
  }

  private static void assertProblem(HttpResponse<String> reply, int status) {
    assertThat(reply.statusCode()).isEqualTo(status);
    assertThat(reply.headers().firstValue("content-type")).contains("application/problem+json");
    assertThat(json(reply).get("status").intValue()).isEqualTo(status);
  }

  private static JsonNode json(HttpResponse<String> reply) {
    return Json.parse(reply.body());
  }

  private static <T> T await(Future<T> future) throws Exception {
    try {
      return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /** A clock that stands still. */
  private static final class Still implements Clock {
    @Override
    public java.time.Instant now() {
      return java.time.Instant.EPOCH;
    }

    @Override
    public long nanoTime() {
      return 0;
    }
  }

  /** A clock on which every look is a minute after the last: no loop beats in time. */
  private static final class Hurried implements Clock {
    private final java.util.concurrent.atomic.AtomicLong nanos =
        new java.util.concurrent.atomic.AtomicLong();

    @Override
    public java.time.Instant now() {
      return java.time.Instant.EPOCH;
    }

    @Override
    public long nanoTime() {
      return nanos.addAndGet(60_000_000_000L);
    }
  }
}
