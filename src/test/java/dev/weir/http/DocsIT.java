package dev.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import java.net.http.HttpRequest;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The description of the API and its viewer, over real sockets and without a key. */
class DocsIT {
  @Test
  void theDescriptionNamesEveryEndpointThatThereIs() throws Exception {
    try (var door = Door.open()) {
      var openapi = Json.parse(door.get("/openapi.json").body());

      assertThat(openapi.path("openapi").textValue()).startsWith("3.1");
      for (var path : openapi.path("paths").properties()) {
        for (var verb : path.getValue().properties()) {
          if (verb.getValue().has("operationId")) {
            var target = path.getKey().replace("{name}", "echo").replace("{id}", "sandbox/echo");
            var reply =
                door.send(
                    door.request(target)
                        .method(
                            verb.getKey().toUpperCase(Locale.ROOT),
                            HttpRequest.BodyPublishers.noBody()));
            assertThat(reply.statusCode()).as(verb.getKey() + " " + target).isIn(200, 400, 503);
          }
        }
      }
    }
  }

  @Test
  void theDescriptionKnowsEveryCodeOfTheCatalogue() throws Exception {
    try (var door = Door.open()) {
      var codes = Json.parse(door.get("/openapi.json").body()).at("/components/schemas/Code/enum");

      assertThat(codes)
          .extracting(code -> code.textValue())
          .containsExactlyElementsOf(Arrays.stream(ErrorCode.values()).map(Enum::name).toList());
    }
  }

  @Test
  void theViewerIsServedUnderAStrictPolicyAndNeedsNothingFromElsewhere() throws Exception {
    try (var door = Door.open()) {
      for (var path : new String[] {"/docs", "/docs/viewer.js", "/docs/viewer.css"}) {
        var reply = door.get(path);

        assertThat(reply.statusCode()).isEqualTo(200);
        assertThat(reply.headers().firstValue("content-security-policy").orElseThrow())
            .startsWith("default-src 'none'")
            .doesNotContain("unsafe");
        assertThat(reply.body()).doesNotContain("http://", "https://", "innerHTML");
      }
      assertThat(door.get("/docs/../openapi.yaml").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void aHeadRequestHasTheHeadOfTheGetAndNoBody() throws Exception {
    try (var door = Door.open()) {
      var get = door.get("/openapi.json");
      var head = door.send(door.request("/openapi.json").HEAD());

      assertThat(head.body()).isEmpty();
      assertThat(head.headers().firstValue("content-length"))
          .isEqualTo(get.headers().firstValue("content-length"));
    }
  }
}
