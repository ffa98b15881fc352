package dev.weir.telemetry;

import dev.weir.config.LoggingSettings;
import dev.weir.core.Secret;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** What telling the log and the meters of one call takes of its event loop. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CallReportBench {
  private final Metrics metrics = new Metrics();
  private final CallMeters meters = new CallMeters(metrics.registry(), Set.of("perplexity"));
  private final CallLog log = new CallLog(UserHash.of(new Secret("a salt of the bench")));
  private final FinishedCall call =
      new FinishedCall(
          new UUID(1, 2),
          Optional.of("their-id"),
          "functions",
          Optional.of("cover-letter"),
          Optional.of("maria"),
          Optional.empty(),
          Optional.of("perplexity/sonar"),
          Optional.empty(),
          "miss",
          false,
          false,
          0,
          Duration.ofMillis(812),
          Optional.of(Duration.ofMillis(300)),
          Map.of("trailing_comma", 1),
          Optional.of("rescued"),
          List.of(
              new FinishedCall.Attempted(
                  "perplexity",
                  Optional.empty(),
                  Duration.ofMillis(700),
                  Usage.of(800, 200),
                  new Usd(2_100_000))));
  private Logs logs;

  /** Runs it; the arguments are ignored. */
  public static void main(String[] args) throws Exception {
    new Runner(new OptionsBuilder().include(CallReportBench.class.getSimpleName()).build()).run();
  }

  /** Lines go nowhere, but through everything else. */
  @Setup
  public void start() {
    logs = Logs.start(LoggingSettings.DEFAULT, List.of(), OutputStream.nullOutputStream(), false);
  }

  /** Says how many lines the queue dropped, since those are cheaper. */
  @TearDown
  public void stop() {
    System.out.println("dropped lines: " + logs.dropped());
    logs.close();
    metrics.close();
  }

  /** The line. */
  @Benchmark
  public void line() {
    log.finished(call);
  }

  /** The meters. */
  @Benchmark
  public void meters() {
    meters.finished(call);
  }
}
