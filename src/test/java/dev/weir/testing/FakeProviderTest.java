package dev.weir.testing;

import static dev.weir.testing.Turn.agentFailed;
import static dev.weir.testing.Turn.agentIncomplete;
import static dev.weir.testing.Turn.hang;
import static dev.weir.testing.Turn.status;
import static dev.weir.testing.Turn.stream;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FakeProviderTest {
  private static final String AGENT =
      """
      {"model": "perplexity/sonar", "input": "hi", "stream": %s}\
      """;
  private static final String CHAT =
      """
      {"model": "m", "messages": [], "stream": %s, "stream_options": {"include_usage": true}}\
      """;

  private final FakeProvider fake = FakeProvider.start();
  private final HttpClient client = HttpClient.newHttpClient();

  @AfterEach
  void close() {
    client.shutdownNow();
    fake.close();
  }

  @Test
  void playsItsScriptTurnByTurn() throws Exception {
    fake.then(status(429).retryAfter(2)).then(agentIncomplete("cut o")).then(agentFailed("oops"));

    var limited = agent(AGENT.formatted(false));
    var cut = agent(AGENT.formatted(false));
    var failed = agent(AGENT.formatted(false));

    assertThat(limited.statusCode()).isEqualTo(429);
    assertThat(limited.headers().firstValue("retry-after")).contains("2");
    assertThat(cut.body()).contains("\"incomplete\"", "max_output_tokens", "cut o");
    assertThat(failed.statusCode()).isEqualTo(200);
    assertThat(failed.body()).contains("\"failed\"", "oops");
  }

  @Test
  void refusesUnknownFieldsAtAnyDepth() throws Exception {
    var top = agent("{\"model\": \"perplexity/sonar\", \"input\": \"hi\", \"stop\": []}");
    var deep =
        agent(
            """
            {"model": "perplexity/sonar", "input": "hi",
             "tools": [{"type": "web_search", "filters": {"search_mode": "web"}}]}\
            """);

    assertThat(top.statusCode()).isEqualTo(400);
    assertThat(top.body()).contains("\"param\":\"stop\"");
    assertThat(deep.statusCode()).isEqualTo(400);
    assertThat(deep.body()).contains("\"param\":\"search_mode\"");
  }

  @Test
  void refusesEmbeddingsInFormsThatPerplexityDoesNotHave() throws Exception {
    var asked = "{\"model\": \"pplx-embed-v1-0.6b\", \"input\": \"hi\"%s}";

    var plain = embeddings(asked.formatted(""));
    var signs = embeddings(asked.formatted(", \"encoding_format\": \"base64_binary\""));
    var floats = embeddings(asked.formatted(", \"encoding_format\": \"float\""));
    var openais = embeddings(asked.formatted(", \"encoding_format\": \"base64\""));
    var unknown = embeddings(asked.formatted(", \"user\": \"ann\""));

    assertThat(plain.statusCode()).isEqualTo(200);
    assertThat(plain.body()).contains("\"input_cost\":");
    assertThat(signs.body().length()).isLessThan(plain.body().length() / 3);
    assertThat(floats.statusCode()).isEqualTo(400);
    assertThat(floats.body()).contains("\"param\":\"encoding_format\"");
    assertThat(openais.statusCode()).isEqualTo(400);
    assertThat(unknown.body()).contains("\"param\":\"user\"");
  }

  @Test
  void streamsInBothProtocols() throws Exception {
    fake.always(stream("Hel", "lo").slicedBy(5));

    var agent = agent(AGENT.formatted(true)).body();
    var chat = chat(CHAT.formatted(true)).body();

    assertThat(agent).contains("\"delta\":\"Hel\"").contains("response.completed");
    assertThat(agent).doesNotContain("[DONE]");
    assertThat(chat)
        .contains("\"content\":\"lo\"")
        .contains("prompt_tokens")
        .endsWith("[DONE]\n\n");
  }

  @Test
  void cutsAStreamInTheMiddle() {
    fake.then(stream("a", "b").cutAfter(1));

    assertThatThrownBy(() -> chat(CHAT.formatted(true))).isInstanceOf(IOException.class);
  }

  @Test
  void noticesThatItsClientWentAway() {
    fake.then(hang());
    var call = client.sendAsync(request("/v1/agent", AGENT.formatted(false)), body());
    fake.awaitRequest();

    call.cancel(true);

    fake.awaitReset();
    assertThat(fake.resets()).isEqualTo(1);
  }

  @Test
  void proxyCutsAndSwallows() throws Exception {
    try (var proxy = FaultyProxy.before(fake.port()).cutAfter(40)) {
      assertThatThrownBy(() -> through(proxy)).isInstanceOf(IOException.class);

      proxy.heal();

      assertThat(through(proxy).statusCode()).isEqualTo(200);
      assertThat(proxy.accepted()).isGreaterThanOrEqualTo(2);
    }
  }

  private HttpResponse<String> through(FaultyProxy proxy) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.port() + "/v1/agent"))
            .POST(HttpRequest.BodyPublishers.ofString(AGENT.formatted(false)))
            .build(),
        body());
  }

  private HttpResponse<String> agent(String body) throws Exception {
    return client.send(request("/v1/agent", body), body());
  }

  private HttpResponse<String> embeddings(String body) throws Exception {
    return client.send(request("/v1/embeddings", body), body());
  }

  private HttpResponse<String> chat(String body) throws Exception {
    return client.send(request("/v1/chat/completions", body), body());
  }

  private HttpRequest request(String path, String body) {
    return HttpRequest.newBuilder(fake.agentUri().resolve(path))
        .version(HttpClient.Version.HTTP_1_1)
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  private static HttpResponse.BodyHandler<String> body() {
    return HttpResponse.BodyHandlers.ofString();
  }
}
