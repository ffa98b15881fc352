package dev.weir.limits;

import dev.weir.core.Clock;
import dev.weir.gateway.Cancellation;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
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
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What the admission of a call costs on a warm lease: a unit of its user, its key and its team
 * taken, and given back at its end, so that a run never uses them up.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 6, time = 1)
@Fork(1)
public class AdmissionBench {
  private final Cancellation cancellation = new Cancellation();
  private final UUID call = UUID.randomUUID();
  private final Who who = new Who("ann", UUID.randomUUID(), Optional.of("growth"));
  private Limits limits = Limits.off();

  /** Warms the leases. */
  @Setup
  public void warm() {
    var clock = new Standstill(System.nanoTime());
    limits =
        new Limits(
            new LeaseDesk(
                new HandLedger(),
                clock,
                new LeaseDesk.Loop() {
                  @Override
                  public void run(Runnable work) {
                    work.run();
                  }

                  @Override
                  public void after(Duration delay, Runnable work) {}
                }),
            clock,
            Limits.Enforcement.ENFORCE);
    admission();
  }

  /** One call comes and fails before anything was sent, so its units go back. */
  @Benchmark
  public Charge admission() {
    var charge = limits.enforce(call, who, 100, cancellation).result();
    limits.end(charge, true, 0);
    return charge;
  }

  /** The real clock is read, but no lease ever runs out by it. */
  private record Standstill(long began) implements Clock {
    @Override
    public Instant now() {
      return Instant.EPOCH;
    }

    @Override
    public long nanoTime() {
      return began + (System.nanoTime() & 1_023);
    }
  }

  /**
   * Runs it: {@code mvn -ntp test-compile exec:exec@bench -Dbench=dev.weir.limits.AdmissionBench}.
   */
  public static void main(String[] args) throws Exception {
    new Runner(
            new OptionsBuilder()
                .include(AdmissionBench.class.getSimpleName())
                .addProfiler(GCProfiler.class)
                .build())
        .run();
  }
}
