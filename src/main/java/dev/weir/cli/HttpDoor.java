package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.core.Secret;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** One of the service's two ports, seen from the command line. Blocks. */
final class HttpDoor implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(5);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  private final URI base;
  private final Secret key;
  private final Duration patience;

  /**
   * Opens nothing yet.
   *
   * @param base the port's address, without a slash at its end
   * @param key what every request is signed with
   * @param patience how long an answer may take to begin
   */
  HttpDoor(URI base, Secret key, Duration patience) {
    this.base = base;
    this.key = key;
    this.patience = patience;
  }

  /** A JSON reply. */
  record Reply(int status, JsonNode json) {
    boolean ok() {
      return status < 300;
    }
  }

  /** The JSON that the service answers; a refusal fails with what the service says. */
  JsonNode answer(String method, String path, Optional<JsonNode> body) {
    var reply = ask(method, path, body, Map.of());
    if (!reply.ok()) {
      throw refused(reply);
    }
    return reply.json();
  }

  /** Asks and waits for the whole answer, be it a refusal. */
  Reply ask(String method, String path, Optional<JsonNode> body, Map<String, String> headers) {
    var response = send(request(method, path, body, headers), HttpResponse.BodyHandlers.ofString());
    return new Reply(response.statusCode(), json(response.statusCode(), response.body()));
  }

  /** Asks, and hands over the answer's lines as they come. */
  HttpResponse<java.util.stream.Stream<String>> lines(
      String path, JsonNode body, Map<String, String> headers) {
    return send(
        request("POST", path, Optional.of(body), headers), HttpResponse.BodyHandlers.ofLines());
  }

  /** The text that a path gives; a refusal fails with what the service says. */
  String text(String path) {
    var response =
        send(
            request("GET", path, Optional.empty(), Map.of()), HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() >= 300) {
      throw refused(new Reply(response.statusCode(), json(response.statusCode(), response.body())));
    }
    return response.body();
  }

  /** What the management API says about a request that it refused. */
  static CommandFailure refused(Reply reply) {
    return new CommandFailure(
        reply.json().path("retryable").asBoolean() ? ExitCode.TRY_LATER : ExitCode.FAILED,
        reply.json().path("detail").asText("The management API answered " + reply.status() + "."));
  }

  /** A name as a part of a path. */
  static String part(String name) {
    return parameter(name).replace("+", "%20");
  }

  /** A value in the query of an address. */
  static String parameter(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  private HttpRequest request(
      String method, String path, Optional<JsonNode> body, Map<String, String> headers) {
    var request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(patience)
            .header("content-type", "application/json")
            .method(
                method,
                body.map(
                        json -> HttpRequest.BodyPublishers.ofByteArray(Json.write(json).getBytes()))
                    .orElseGet(HttpRequest.BodyPublishers::noBody));
    try {
      request.header("authorization", "Bearer " + key.value());
      headers.forEach(request::header);
    } catch (IllegalArgumentException _) {
      // Its own message would show the key.
      throw new CommandFailure(
          ExitCode.USAGE, "A key or a user holds characters that no header may.");
    }
    return request.build();
  }

  private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    try {
      return client.send(request, handler);
    } catch (ConnectException | HttpConnectTimeoutException _) {
      throw new Unreachable(base);
    } catch (HttpTimeoutException _) {
      throw new CommandFailure(ExitCode.TRY_LATER, "No answer from " + base + " in time.");
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.UNREACHABLE, "The connection to " + base + " broke: " + e.getMessage());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new CommandFailure(ExitCode.FAILED, "Interrupted.");
    }
  }

  JsonNode json(int status, String text) {
    try {
      return Json.parse(text);
    } catch (AIError _) {
      throw new CommandFailure(
          ExitCode.FAILED,
          base
              + " answered "
              + status
              + " and no JSON; is this Weir, and the right one of its ports?");
    }
  }

  /** Nothing listens there. */
  static final class Unreachable extends RuntimeException {
    private Unreachable(URI base) {
      super(
          "Nothing answers at "
              + base
              + ". Start Weir with './weir serve' (or 'mvn -ntp compile exec:exec'), or say where"
              + " it is with --url or WEIR_URL.",
          null,
          false,
          false);
    }
  }

  @Override
  public void close() {
    // close() would wait for streams that somebody stopped reading.
    client.shutdownNow();
  }
}
