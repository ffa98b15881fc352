package dev.weir.app;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * Many identical calls at the same time. One that is turned away with 503 asks again, as it is told
 * to: on a machine that is busy enough the database seems to be away.
 */
final class Crowd {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration AGAIN = Duration.ofMillis(500);

  private Crowd() {}

  private static CompletableFuture<HttpResponse<String>> ask(
      HttpClient client, HttpRequest request, long until) {
    return client
        .sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .thenCompose(
            reply ->
                reply.statusCode() != 503 || System.nanoTime() - until > 0
                    ? CompletableFuture.completedFuture(reply)
                    : CompletableFuture.supplyAsync(
                            () -> request,
                            CompletableFuture.delayedExecutor(
                                AGAIN.toMillis(), TimeUnit.MILLISECONDS))
                        .thenCompose(again -> ask(client, again, until)));
  }

  /**
   * How many got which status and which {@code x-weir-cache}, as in {@code 200 hit}; of a refusal
   * the body.
   */
  static Map<String, Integer> call(URI uri, String key, String user, int calls, String body) {
    try (var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      var request =
          HttpRequest.newBuilder(uri)
              .timeout(Duration.ofSeconds(60))
              .header("authorization", "Bearer " + key)
              .header("x-weir-user", user)
              .header("x-weir-cache-control", "use")
              .header("content-type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      var replies =
          IntStream.range(0, calls)
              .mapToObj(_ -> ask(client, request, System.nanoTime() + PATIENCE.toNanos()))
              .toList();
      var counts = new TreeMap<String, Integer>();
      for (var reply : replies.stream().map(CompletableFuture::join).toList()) {
        var cache = reply.headers().firstValue("x-weir-cache").orElseGet(reply::body);
        counts.merge(reply.statusCode() + " " + cache, 1, Integer::sum);
      }
      return counts;
    }
  }
}
