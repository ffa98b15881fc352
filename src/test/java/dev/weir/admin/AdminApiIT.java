package dev.weir.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.access.NewKey;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.gateway.Principal.Role;
import dev.weir.testing.TestDatabase;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The management API through real sockets. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdminApiIT {
  private final HttpClient client = HttpClient.newHttpClient();
  private AdminFixture fixture;

  @BeforeAll
  void open(TestDatabase database) {
    fixture = new AdminFixture(database);
  }

  @AfterAll
  void close() {
    client.shutdownNow();
    fixture.close();
  }

  private record Reply(HttpResponse<String> raw, JsonNode json) {
    int status() {
      return raw.statusCode();
    }
  }

  private HttpRequest.Builder request(String method, String path, String body) {
    return HttpRequest.newBuilder(URI.create(fixture.url() + path))
        .method(method, HttpRequest.BodyPublishers.ofString(body));
  }

  private Reply send(HttpRequest.Builder request) throws Exception {
    var response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    return new Reply(response, Json.parse(response.body()));
  }

  private Reply asAdmin(String method, String path, String body) throws Exception {
    return send(
        request(method, path, body)
            .header("authorization", "Bearer " + fixture.adminKey())
            .header("content-type", "application/json"));
  }

  private static void assertProblem(Reply reply, ErrorCode code, String words) {
    assertThat(reply.status()).isEqualTo(code.status());
    assertThat(reply.raw().headers().firstValue("content-type"))
        .contains("application/problem+json");
    assertThat(reply.json().path("code").asText()).isEqualTo(code.name());
    assertThat(reply.json().path("type").asText()).isEqualTo("urn:weir:error:" + code.name());
    assertThat(reply.json().path("status").asInt()).isEqualTo(code.status());
    assertThat(reply.json().path("detail").asText()).contains(words);
    assertThat(reply.raw().headers().firstValue("x-request-id"))
        .contains(reply.json().path("request_id").asText());
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/keys",
    "POST, /api/keys",
    "PUT, /api/logging/level",
    "GET, /api/functions",
    "GET, /api/breakers",
    "POST, /api/reload",
    "GET, /api/nothing"
  })
  void nothingAnswersWithoutAnAdminKey(String method, String path) throws Exception {
    var user = fixture.store().create(NewKey.of("u", Role.USER, "ada")).await().key().reveal();

    var nobody = send(request(method, path, "{}"));
    var userKey = send(request(method, path, "{}").header("x-api-key", user));

    assertProblem(nobody, ErrorCode.UNAUTHENTICATED, "No key was sent");
    assertThat(nobody.raw().headers().firstValue("www-authenticate")).isPresent();
    assertProblem(userKey, ErrorCode.FORBIDDEN, "wants an admin key");
  }

  @Test
  void aKeyIsShownWhereItIsMadeAndNowhereElse() throws Exception {
    var made =
        asAdmin(
            "POST",
            "/api/keys",
            """
            {"name": "checkout", "role": "service", "user": "shop", "functions": ["cover-letter"],
             "addresses": ["127.0.0.0/8"], "expires_in": "90d", "new_users_per_hour": 10}
            """);
    var key = made.json().path("key").asText();
    var id = made.json().path("id").asText();

    var one = asAdmin("GET", "/api/keys/" + id, "");
    var all = asAdmin("GET", "/api/keys?limit=200", "");

    assertThat(made.status()).isEqualTo(201);
    assertThat(made.raw().headers().firstValue("cache-control")).contains("no-store");
    assertThat(fixture.refusal(key).await()).isEmpty();
    assertThat(one.json().path("prefix").asText()).isEqualTo(key.substring(0, 15));
    assertThat(one.json().path("status").asText()).isEqualTo("active");
    assertThat(one.json().path("expires_at").isTextual()).isTrue();
    assertThat(one.raw().body() + all.raw().body()).doesNotContain(key.substring(16));
    assertThat(all.json().path("keys")).anyMatch(k -> k.path("id").asText().equals(id));
  }

  @Test
  void aRotationLeavesBothGoodAndARevocationNeither() throws Exception {
    var made =
        asAdmin("POST", "/api/keys", "{\"name\": \"k\", \"role\": \"user\", \"user\": \"eve\"}")
            .json();
    var path = "/api/keys/" + made.path("id").asText();

    var rotated = asAdmin("POST", path + "/rotate", "{\"overlap\": \"1h\"}");

    assertThat(rotated.json().path("id")).isEqualTo(made.path("id"));
    assertThat(rotated.json().path("secrets")).hasSize(2);
    assertThat(fixture.refusal(made.path("key").asText()).await()).isEmpty();
    assertThat(fixture.refusal(rotated.json().path("key").asText()).await()).isEmpty();

    var revoked = asAdmin("POST", path + "/revoke", "");

    assertThat(revoked.json().path("status").asText()).isEqualTo("revoked");
    assertThat(fixture.refusal(made.path("key").asText()).await())
        .contains(ErrorCode.UNAUTHENTICATED);
    assertThat(fixture.refusal(rotated.json().path("key").asText()).await())
        .contains(ErrorCode.UNAUTHENTICATED);
    assertProblem(asAdmin("POST", path + "/rotate", ""), ErrorCode.CONFLICT, "is over");
    assertThat(asAdmin("DELETE", path, "").status()).as("again").isEqualTo(200);
  }

  @Test
  void pagesAreBoundedAndFollowEachOther() throws Exception {
    for (var i = 0; i < 5; i++) {
      asAdmin("POST", "/api/keys", "{\"name\": \"p\", \"role\": \"user\", \"user\": \"page\"}");
    }
    var seen = new HashSet<String>();
    var path = "/api/keys?limit=2";
    for (var next = path; !next.isEmpty(); ) {
      var page = asAdmin("GET", next, "").json();
      assertThat(page.path("keys").size()).isLessThanOrEqualTo(2);
      page.path("keys").forEach(key -> assertThat(seen.add(key.path("id").asText())).isTrue());
      next = page.path("next").isNull() ? "" : path + "&after=" + page.path("next").asText();
    }

    assertThat(seen).hasSizeGreaterThanOrEqualTo(5);
    for (var bad : List.of("0", "201", "-1", "x", "99999999999")) {
      assertProblem(
          asAdmin("GET", "/api/keys?limit=" + bad, ""), ErrorCode.INVALID_REQUEST, "'limit'");
    }
    assertProblem(asAdmin("GET", "/api/keys?after=x", ""), ErrorCode.INVALID_REQUEST, "'after'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{}",
        "{\"role\": \"root\", \"name\": \"x\", \"user\": \"u\"}",
        "{\"role\": \"user\", \"name\": \"x\"}",
        "{\"role\": \"user\", \"name\": \"\", \"user\": \"u\"}",
        "{\"role\": \"user\", \"name\": \"x\", \"user\": \"a b\"}",
        "{\"role\": \"user\", \"name\": \"x\", \"user\": \"u\", \"adresses\": []}",
        "{\"role\": \"user\", \"name\": \"x\", \"user\": \"u\", \"addresses\": [\"10.0.0.1/8\"]}",
        "{\"role\": \"user\", \"name\": \"x\", \"user\": \"u\", \"functions\": \"all\"}",
        "{\"role\": \"user\", \"name\": \"x\", \"user\": \"u\", \"expires_in\": \"1y\"}",
        "{\"role\": \"user\", \"name\": \"x\", \"user\": \"u\", \"expires_in\": \"0s\"}",
        "{\"role\": \"user\", \"name\": \"x\", \"user\": \"u\", \"expires_in\": \"999999999999d\"}",
        "{\"role\": \"user\", \"name\": \"x\", \"user\": \"u\", \"new_users_per_hour\": -1}",
        "{\"role\": \"user\", \"name\": \"x\", \"user\": \"u\", \"cache\": 1}"
      })
  void whatIsNoKeyIsRefusedAndNamed(String body) throws Exception {
    var reply = asAdmin("POST", "/api/keys", body);

    assertProblem(reply, ErrorCode.INVALID_REQUEST, "");
    assertThat(reply.json().path("detail").asText()).isNotBlank();
  }

  @Test
  void aBodyMustBeJsonAndSmall() throws Exception {
    var form =
        send(
            request("POST", "/api/keys", "name=x")
                .header("x-api-key", fixture.adminKey())
                .header("content-type", "application/x-www-form-urlencoded"));
    var large = asAdmin("POST", "/api/keys", "{\"name\": \"" + "x".repeat(400_000) + "\"}");

    assertProblem(form, ErrorCode.UNSUPPORTED_MEDIA_TYPE, "application/json");
    assertProblem(large, ErrorCode.PAYLOAD_TOO_LARGE, "393216");
  }

  @Test
  void unknownIdsPathsAndVerbsAreTold() throws Exception {
    assertProblem(
        asAdmin("GET", "/api/keys/01990000-0000-7000-8000-000000000000", ""),
        ErrorCode.NOT_FOUND,
        "no key");
    assertProblem(asAdmin("GET", "/api/keys/17", ""), ErrorCode.INVALID_REQUEST, "UUID");
    assertProblem(asAdmin("GET", "/api/tiers", ""), ErrorCode.NOT_FOUND, "no GET");
    assertProblem(asAdmin("DELETE", "/api/keys", ""), ErrorCode.METHOD_NOT_ALLOWED, "DELETE");
  }

  @Test
  void theLogsLevelIsShownAndSet() throws Exception {
    var set = asAdmin("PUT", "/api/logging/level", "{\"level\": \"debug\"}");

    assertThat(set.status()).isEqualTo(200);
    assertThat(fixture.level).isEqualTo("DEBUG");
    assertThat(asAdmin("GET", "/api/logging/level", "").json().path("level").asText())
        .isEqualTo("DEBUG");
    assertProblem(
        asAdmin("PUT", "/api/logging/level", "{\"level\": \"LOUD\"}"),
        ErrorCode.INVALID_REQUEST,
        "'level'");
  }

  @Test
  void functionsAndBreakersAreShown() throws Exception {
    var first = asAdmin("GET", "/api/functions?limit=2", "").json();
    var rest = asAdmin("GET", "/api/functions?after=" + first.path("next").asText(), "").json();
    var breakers = asAdmin("GET", "/api/breakers", "").json();

    assertThat(first.path("functions")).hasSize(2);
    assertThat(first.path("total").asInt()).isEqualTo(2 + rest.path("functions").size());
    assertThat(rest.path("next").isNull()).isTrue();
    assertThat(first.at("/functions/0/version").asText()).isNotBlank();
    assertThat(breakers.at("/breakers/0/state").asText()).isEqualTo("open");
    assertThat(breakers.at("/breakers/0/retry_after_ms").asInt()).isEqualTo(9_000);
  }

  @Test
  void aReloadTellsWhatItFound() throws Exception {
    fixture.outcome = new Reload.Outcome(5, List.of());
    assertThat(asAdmin("POST", "/api/reload", "").json().path("functions").asInt()).isEqualTo(5);

    fixture.outcome = new Reload.Outcome(5, List.of("conf/functions/a.yaml:3: $.model: unknown"));
    var refused = asAdmin("POST", "/api/reload", "");

    assertProblem(refused, ErrorCode.CONFLICT, "a.yaml:3");
    assertThat(refused.json().at("/details/faults")).hasSize(1);
  }
}
