package dev.weir.metering;

import dev.weir.config.JournalSettings.Durability;
import dev.weir.core.Clock;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.journal.Chain;
import dev.weir.journal.JournalDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What the journal takes of an event loop. One shot writes {@value #CALLS} records into a segment
 * that is there already, as segments are in service; its making is not measured.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 15)
@Measurement(iterations = 20)
@Fork(1)
public class AppendBench {
  static final int CALLS = 50_000;

  private final Exchange x = Exchanges.chat("perplexity/sonar");
  private final Attempt attempt =
      new Attempt(UUID.randomUUID(), 1, Exchanges.target("perplexity/sonar"));
  private final Packer packer = new Packer();
  private Path root;
  private JournalDirectory directory;
  private Chain chain;
  private CallJournal calls;
  private UsageRecord record;

  /** A journal with room for one shot. */
  @Setup(Level.Iteration)
  public void open() throws IOException {
    root = Files.createTempDirectory("weir-append");
    directory =
        JournalDirectory.open(
            root, UUID.randomUUID(), new JournalDirectory.Bounds(128 << 20, 256 << 20), 1);
    chain = directory.chain(0);
    calls = new CallJournal(directory, 0, Durability.PROCESS, Clock.system());
    record = UsageRecords.of("somebody@example.org");
    new MarkCodec(packer).finished(record, Integer.MAX_VALUE);
  }

  /** Removes it. */
  @TearDown(Level.Iteration)
  public void close() throws IOException {
    directory.close(true);
    Files.delete(root);
  }

  /** Room taken, and the bytes of one finished call appended: checksum, copy, publication. */
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void append() {
    for (var i = 0; i < CALLS; i++) {
      chain.reserve(Chain.size(packer.length(), false));
      chain.append(packer.bytes(), packer.length());
    }
  }

  /** The same with the making of its bytes. */
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void encodeAndAppend() {
    var codec = new MarkCodec(packer);
    for (var i = 0; i < CALLS; i++) {
      codec.finished(record, Integer.MAX_VALUE);
      chain.reserve(Chain.size(packer.length(), false));
      chain.append(packer.bytes(), packer.length());
    }
  }

  /** All that one call leaves: room, admission, an attempt that is sent and settled, the end. */
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public void wholeCall() {
    var at = x.with(attempt);
    for (var i = 0; i < CALLS; i++) {
      var entry = calls.open(x).orElseThrow();
      entry.admitted(x);
      var marks = entry.attempt(at).orElseThrow();
      marks.sent();
      marks.produced(100);
      marks.settled(Optional.empty());
      entry.finished(x, Duration.ofMillis(5), Optional.empty());
    }
  }

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    new Runner(new OptionsBuilder().include(AppendBench.class.getSimpleName()).build()).run();
  }
}
