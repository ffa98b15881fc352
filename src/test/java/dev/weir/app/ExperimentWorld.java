package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.net.http.HttpRequest;

/** Two replicas on one database, their administrator, and a service key that calls for anybody. */
final class ExperimentWorld implements AutoCloseable {
  final TestDatabase database;
  final Management one;
  final Management other;
  private final String service;

  ExperimentWorld(TestDatabase database, String... settings) {
    this.database = database;
    this.one = new Management(RunningWeir.sandboxed(database, settings));
    this.other = new Management(RunningWeir.sandboxed(database, settings));
    var made =
        one.post(
            "/api/keys",
            "{\"name\": \"s\", \"role\": \"service\", \"user\": \"backend\","
                + " \"new_users_per_hour\": 100000}");
    assertThat(made.status()).as(made.raw().body()).isEqualTo(201);
    this.service = made.json().path("key").asText();
  }

  /** The key that calls for anybody. */
  String serviceKey() {
    return service;
  }

  /** Another version of a function, that asks in another way. */
  String version(String function, double temperature) {
    var body =
        Json.object()
            .put(
                "base",
                one.weir().get("/v1/functions/" + function).json().at("/data/version").asText());
    body.withObject("/changes/parameters").put("temperature", temperature);
    var made = one.post("/api/prompts/" + function + "/versions", body.toString());
    assertThat(made.status()).as(made.raw().body()).isEqualTo(201);
    return made.json().path("version").asText();
  }

  /** An experiment of two arms, a (control) and b, not started. */
  ObjectNode draft(String name, String function, String versionOfB) {
    var json = Json.object().put("name", name).put("function", function);
    var arms = json.putArray("variants");
    arms.addObject()
        .put("name", "a")
        .put("control", true)
        .put("weight", 1)
        .put("prompt_version", "production");
    arms.addObject().put("name", "b").put("weight", 1).put("prompt_version", versionOfB);
    return json;
  }

  JsonNode start(ObjectNode draft) {
    var made = one.post("/api/experiments", draft.toString());
    assertThat(made.status()).as(made.raw().body()).isEqualTo(201);
    var started = one.post("/api/experiments/" + draft.path("name").asText() + "/start", "{}");
    assertThat(started.status()).as(started.raw().body()).isEqualTo(200);
    return started.json();
  }

  /** A call on behalf of a user, past the cache. */
  RunningWeir.Got call(Management at, String function, String user, String... headers) {
    return send(at, "/v1/functions/" + function, user, body(at, function), headers);
  }

  private static ObjectNode body(Management at, String function) {
    var body = Json.object();
    body.set("input", at.weir().example(function));
    body.putObject("options").put("cache", "off");
    return body;
  }

  RunningWeir.Got send(Management at, String path, String user, JsonNode body, String... headers) {
    var request =
        at.weir()
            .request(at.weir().api(path))
            .setHeader("authorization", "Bearer " + service)
            .header("x-weir-user", user)
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
    for (var i = 0; i < headers.length; i += 2) {
      request.setHeader(headers[i], headers[i + 1]);
    }
    return at.weir().send(request.build());
  }

  String variant(Management at, String function, String user) {
    var got = call(at, function, user);
    assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
    return got.header("x-weir-variant");
  }

  /** A call whose row is in the database. */
  String recorded(Management at, String function, String user) {
    var id = call(at, function, user).header("x-request-id");
    Eventually.until(
        "its row is there",
        () -> database.count("SELECT count(*) FROM ai_usage_metrics WHERE id = ?::uuid", id) == 1);
    return id;
  }

  /** A replica hears soon of what was begun by the other. */
  void awaitRunning(Management at, String function, String experiment) {
    Eventually.until(
        experiment + " runs on the other replica too",
        () ->
            call(at, function, "somebody-else")
                .json()
                .at("/meta/experiment")
                .asText()
                .equals(experiment));
  }

  JsonNode show(String experiment) {
    return one.get("/api/experiments/" + experiment).json();
  }

  @Override
  public void close() {
    one.close();
    other.close();
  }
}
