package dev.weir.app;

import dev.weir.core.Json;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A workload in which people ask again what was asked before, against a whole Weir with its
 * sandbox: what the cache saves of it, and what a hit costs beside a miss. Questions are drawn by
 * Zipf's law, as repeated queries are; the sandbox answers in 5 ms, so the miss is far quicker than
 * a model's.
 *
 * <pre>mvn test-compile exec:exec@bench -Dbench="dev.weir.app.CacheWorkload 2000 2000 0.8"</pre>
 */
public final class CacheWorkload {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private CacheWorkload() {}

  /** Calls, different questions, and how skewed they are. */
  public static void main(String[] args) throws Exception {
    var calls = args.length > 0 ? Integer.parseInt(args[0]) : 2_000;
    var questions = args.length > 1 ? Integer.parseInt(args[1]) : 2_000;
    var skew = args.length > 2 ? Double.parseDouble(args[2]) : 0.8;
    var data = Files.createTempDirectory("weir-cache");
    var weir =
        WeirProcess.launch(data, Map.of("WEIR_LIMITS_MODE", "off", "WEIR_CACHE_PATIENCE", "1s"))
            .up();
    try {
      run(weir, calls, drawn(calls, questions, skew));
    } finally {
      weir.signal("TERM");
      weir.awaitEnd();
      weir.close();
    }
  }

  private static void run(WeirProcess weir, int calls, int[] topics) throws Exception {
    var took = new TreeMap<String, List<Long>>();
    var spent = BigDecimal.ZERO;
    for (var topic : topics) {
      var began = System.nanoTime();
      var reply = call(weir, topic);
      var cache = reply.headers().firstValue("x-weir-cache").orElse("none");
      took.computeIfAbsent(cache, _ -> new ArrayList<>()).add(System.nanoTime() - began);
      spent = spent.add(new BigDecimal(reply.headers().firstValue("x-weir-cost-usd").orElse("0")));
    }
    took.forEach(CacheWorkload::print);
    System.out.printf("%d calls cost %s USD%n", calls, spent.toPlainString());
    // The figures are written every two seconds.
    Thread.sleep(Duration.ofSeconds(6));
    System.out.println("GET /api/cache/stats, total: " + stats(weir));
  }

  private static void print(String cache, List<Long> nanos) {
    var sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
    System.out.printf(
        "%-9s %6d calls  p50 %7.2f ms  p99 %7.2f ms%n",
        cache,
        sorted.length,
        sorted[sorted.length / 2] / 1e6,
        sorted[Math.min(sorted.length - 1, sorted.length * 99 / 100)] / 1e6);
  }

  private static HttpResponse<String> call(WeirProcess weir, int topic)
      throws IOException, InterruptedException {
    var body = Json.object();
    body.putObject("input").put("topic", "What weirs teach about topic number " + topic);
    return CLIENT.send(
        HttpRequest.newBuilder(
                URI.create(weir.found("API +(http://\\S+)") + "/v1/functions/linkedin-post"))
            .timeout(Duration.ofSeconds(60))
            .header("authorization", "Bearer " + weir.found("demo key +(\\S+)"))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static String stats(WeirProcess weir) throws IOException, InterruptedException {
    var reply =
        CLIENT.send(
            HttpRequest.newBuilder(
                    URI.create(weir.found("management +(http://\\S+)") + "/api/cache/stats"))
                .header("authorization", "Bearer " + weir.found("admin key +(\\S+)"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return Json.parse(reply.body()).path("total").toPrettyString();
  }

  /** Draws by Zipf's law with a fixed seed. */
  private static int[] drawn(int calls, int questions, double skew) {
    var weights = new double[questions];
    for (var i = 0; i < questions; i++) {
      weights[i] = (i == 0 ? 0 : weights[i - 1]) + 1 / Math.pow(i + 1.0, skew);
    }
    var random = new Random(8);
    var topics = new int[calls];
    Arrays.setAll(
        topics,
        _ -> {
          var at = Arrays.binarySearch(weights, random.nextDouble() * weights[questions - 1]);
          return at < 0 ? -at - 1 : at;
        });
    return topics;
  }
}
