package dev.weir.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.config.ConfigLoader;
import dev.weir.config.Loaded;
import dev.weir.config.WeirConfig;
import dev.weir.core.Json;
import dev.weir.telemetry.Logs;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A whole Weir in this process: real sockets, a real database, and a provider that plays a script.
 */
public final class RunningWeir implements AutoCloseable {
  private final Weir weir;
  private final Path data;
  private final HttpClient client = HttpClient.newHttpClient();

  private RunningWeir(Weir weir, Path data) {
    this.weir = weir;
    this.data = data;
  }

  /** A Weir whose Perplexity and OpenAI are the fake. */
  static RunningWeir start(TestDatabase database, FakeProvider fake, String... settings) {
    var env = new HashMap<String, String>();
    env.put("PERPLEXITY_API_KEY", "pplx-test-key-of-the-fake");
    env.put("PERPLEXITY_BASE_URL", fake.agentUri().toString());
    env.put("OPENAI_API_KEY", "sk-test-key-of-the-fake");
    env.put("OPENAI_BASE_URL", fake.chatUri().toString());
    return start(database, env, settings);
  }

  /** A Weir without a key: the sandbox answers. */
  public static RunningWeir sandboxed(TestDatabase database, String... settings) {
    return start(database, new HashMap<>(), settings);
  }

  private static RunningWeir start(
      TestDatabase database, Map<String, String> env, String... settings) {
    try {
      var data = Files.createTempDirectory("weir-it-");
      env.put("WEIR_MODE", "dev");
      // Every call reaches the provider, unless a test asks for the cache.
      env.put("WEIR_CACHE_MODE", "off");
      env.put("WEIR_DATA_DIR", data.toString());
      env.put("WEIR_DATABASE_URL", database.url());
      env.put("WEIR_DATABASE_MIGRATION_URL", database.administratorUrl().withPassword());
      env.put("WEIR_HTTP_LISTEN", "127.0.0.1:0");
      env.put("WEIR_MANAGEMENT_LISTEN", "127.0.0.1:0");
      for (var i = 0; i < settings.length; i += 2) {
        env.put(settings[i], settings[i + 1]);
      }
      var config = config(env);
      var weir = new RunningWeir(Weir.start(config, logs(config)), data);
      if (config.cache().on()) {
        // Until it hears of invalidations nothing that it asks for is kept.
        Eventually.until(
            "the cache trusts its memory", () -> weir.meter("weir_cache_trusted") == 1);
      }
      return weir;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Away from the JVM's own output, by which it talks to whoever runs the tests. */
  private static Logs logs(WeirConfig config) {
    return Logs.start(config.logging(), List.of(), OutputStream.nullOutputStream(), false);
  }

  private static WeirConfig config(Map<String, String> env) {
    return switch (new ConfigLoader(env, false).load()) {
      case Loaded.Accepted accepted -> accepted.config();
      case Loaded.Refused refused -> throw new AssertionError(refused.faults().toString());
    };
  }

  /** A reply as it came. */
  record Got(int status, HttpResponse<String> raw) {
    JsonNode json() {
      return Json.parse(raw.body());
    }

    String header(String name) {
      return raw.headers().firstValue(name).orElse("");
    }
  }

  /** Calls a function with its own example as the input. */
  Got callFunction(String name) {
    return callFunction(name, Json.object().set("input", example(name)));
  }

  /** The input that a function gives as its example. */
  JsonNode example(String name) {
    return get("/v1/functions/" + name).json().at("/data/example");
  }

  /** As {@link #example}, for tests of other rooms. */
  public JsonNode exampleOf(String name) {
    return example(name);
  }

  Got callFunction(String name, ObjectNode body) {
    return post("/v1/functions/" + name, body);
  }

  Got chat(String model, boolean stream) {
    return post("/v1/chat/completions", chatBody(model, stream));
  }

  static ObjectNode chatBody(String model, boolean stream) {
    var body = Json.object().put("model", model).put("stream", stream);
    body.putArray("messages")
        .addObject()
        .put("role", "user")
        .put("content", "Hello, who is there?");
    return body;
  }

  Got post(String path, JsonNode body) {
    return send(
        request(api(path)).POST(HttpRequest.BodyPublishers.ofString(body.toString())).build());
  }

  Got get(String path) {
    return send(request(api(path)).GET().build());
  }

  Got management(String path) {
    return send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + weir.ports().management() + path))
            .build());
  }

  /** What the first line of its metrics that begins so says; 0 if there is none. */
  public double meter(String name) {
    return management("/metrics")
        .raw()
        .body()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .findFirst()
        .orElse(0);
  }

  HttpRequest.Builder request(URI uri) {
    return HttpRequest.newBuilder(uri)
        .timeout(Duration.ofSeconds(30))
        .header("authorization", "Bearer " + key("WEIR_KEY"))
        .header("content-type", "application/json");
  }

  URI api(String path) {
    return URI.create("http://127.0.0.1:" + weir.ports().api() + path);
  }

  int port() {
    return weir.ports().api();
  }

  Got send(HttpRequest request) {
    try {
      var response = client.send(request, HttpResponse.BodyHandlers.ofString());
      return new Got(response.statusCode(), response);
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Where the management API is. */
  public String managementUrl() {
    return "http://127.0.0.1:" + weir.ports().management();
  }

  /** Where calls go. */
  public String callsUrl() {
    return "http://127.0.0.1:" + weir.ports().api();
  }

  /** A key of {@code data/dev-keys}. */
  public String key(String variable) {
    try {
      return Files.readAllLines(data.resolve("dev-keys")).stream()
          .filter(line -> line.startsWith(variable + "="))
          .map(line -> line.substring(variable.length() + 1))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A key of a back end, which names the users that it acts for. */
  String serviceKey() {
    var made =
        admin(
            "POST",
            "/api/keys",
            "{\"name\": \"back end\", \"role\": \"service\", \"user\": \"back-end\"}");
    return made.json().path("key").asText();
  }

  /** The admin API with the admin key; an empty body sends none. */
  Got admin(String verb, String path, String body) {
    return send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + weir.ports().management() + path))
            .timeout(Duration.ofSeconds(30))
            .header("authorization", "Bearer " + key("WEIR_ADMIN_KEY"))
            .header("content-type", "application/json")
            .method(
                verb,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  Weir weir() {
    return weir;
  }

  @Override
  public void close() {
    weir.stop();
  }
}
