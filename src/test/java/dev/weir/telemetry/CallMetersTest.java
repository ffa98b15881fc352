package dev.weir.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallMetersTest {
  private final Metrics metrics = new Metrics();
  private final CallMeters meters = new CallMeters(metrics.registry(), Set.of("perplexity"));

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void aCallIsCountedWithItsTimesTokensAndCost() {
    meters.finished(LogsTest.call(Optional.empty()));
    meters.finished(LogsTest.call(Optional.of(AIError.invalid("no"))));

    assertThat(text())
        .contains(
            "# HELP weir_calls_total Finished calls",
            "weir_calls_total{cache=\"miss\",code=\"OK\",function=\"cover-letter\"} 1.0",
            "weir_calls_total{cache=\"miss\",code=\"INVALID_REQUEST\",function=\"cover-letter\"}"
                + " 1.0",
            "weir_call_duration_seconds_bucket{function=\"cover-letter\",le=\"1.0\"} 2",
            "weir_call_duration_seconds_bucket{function=\"cover-letter\",le=\"0.5\"} 0",
            "weir_first_byte_seconds_count{function=\"cover-letter\"} 2",
            "weir_retries_total{function=\"cover-letter\"} 2.0",
            "weir_attempt_duration_seconds_count{code=\"OK\",provider=\"perplexity\"} 2",
            "weir_attempt_duration_seconds_count{code=\"PROVIDER_UNREACHABLE\",provider=\"perplexity\"}"
                + " 2",
            "weir_tokens_total{function=\"cover-letter\",kind=\"input\",provider=\"perplexity\"}"
                + " 1600.0",
            "weir_tokens_total{function=\"cover-letter\",kind=\"cached\",provider=\"perplexity\"}"
                + " 600.0",
            "weir_cost_usd_total{function=\"cover-letter\",provider=\"perplexity\"} 0.0042",
            "weir_output_repairs_total{kind=\"trailing_comma\"} 4.0",
            "weir_output_repairs_total{kind=\"fence\"} 2.0",
            "weir_outputs_total{function=\"cover-letter\",outcome=\"rescued\"} 2.0");
  }

  @Test
  void noUserAndNoCallIsALabel() {
    meters.finished(LogsTest.call(Optional.empty()));

    assertThat(text()).doesNotContain("maria", "their-id", "019a1b2c");
  }

  @Test
  void functionsAndProvidersBeyondTheBoundShareOneLabel() {
    for (var i = 0; i < 10_000; i++) {
      meters.finished(call("function-" + i, "provider-" + i));
    }

    var lines = text().lines().toList();
    assertThat(lines.stream().filter(line -> line.startsWith("weir_calls_total"))).hasSize(201);
    assertThat(lines)
        .contains("weir_calls_total{cache=\"off\",code=\"OK\",function=\"other\"} 9800.0")
        .contains("weir_outputs_total{function=\"other\",outcome=\"strict\"} 9800.0")
        .contains("weir_attempt_duration_seconds_count{code=\"OK\",provider=\"other\"} 10000");
  }

  @Test
  void everyMeterHasALineInThePageOfMeters() throws IOException {
    meters.finished(LogsTest.call(Optional.empty()));
    var page = Files.readString(Path.of("docs/observability.md"));

    var names =
        text()
            .lines()
            .filter(line -> line.startsWith("# TYPE weir_") && !line.contains("_max "))
            .map(line -> line.split(" ")[2])
            .toList();

    assertThat(names).hasSizeGreaterThan(6).allSatisfy(name -> assertThat(page).contains(name));
  }

  @Test
  void aFigureOfARoomIsReadWhenItIsAskedFor() {
    var open = new double[] {0};
    metrics.gauge(
        "weir.breaker.state",
        "0 closed, 1 half open, 2 open",
        Map.of("provider", "a"),
        () -> open[0]);

    open[0] = 2;

    assertThat(text())
        .contains("# HELP weir_breaker_state 0 closed", "weir_breaker_state{provider=\"a\"} 2.0");
  }

  private static FinishedCall call(String function, String provider) {
    return new FinishedCall(
        new UUID(0, 0),
        Optional.empty(),
        "functions",
        Optional.of(function),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        "off",
        false,
        false,
        0,
        Duration.ofMillis(1),
        Optional.empty(),
        Map.of(),
        Optional.of("strict"),
        List.of(
            new FinishedCall.Attempted(
                provider,
                Optional.empty(),
                Duration.ofMillis(1),
                dev.weir.core.Usage.of(1, 1),
                dev.weir.core.Usd.ZERO)));
  }

  private String text() {
    return metrics.scrape("text/plain; version=0.0.4; charset=utf-8");
  }
}
