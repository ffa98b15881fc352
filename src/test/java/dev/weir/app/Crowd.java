package dev.weir.app;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** Many identical calls at the same time. */
final class Crowd {
  private Crowd() {}

  /**
   * How many got which status and which {@code x-weir-cache}, as in {@code 200 hit}; of a refusal
   * the body.
   */
  static Map<String, Integer> call(URI uri, String key, int calls, String body) {
    try (var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      var request =
          HttpRequest.newBuilder(uri)
              .timeout(Duration.ofSeconds(60))
              .header("authorization", "Bearer " + key)
              .header("x-weir-user", "crowd")
              .header("x-weir-cache-control", "use")
              .header("content-type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      var replies =
          IntStream.range(0, calls)
              .mapToObj(_ -> client.sendAsync(request, HttpResponse.BodyHandlers.ofString()))
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
