package dev.weir.cache;

import dev.weir.core.Clock;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What the cache takes of an event loop: the key of a call, and a hit in memory up to the answer,
 * or up to the bytes of the reply; beside it what the same reply takes when its value is a tree.
 * Each run is timed by itself, so that the median says what it takes on a machine that others use.
 *
 * <pre>mvn test-compile exec:exec@bench -Dbench=dev.weir.cache.CacheBench</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
// The heap is there before it is needed: else a sandbox's page faults are what is measured.
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"})
public class CacheBench {
  /** Characters of the question, and of the answer's text; its value is as long. */
  @Param({"500", "5000"})
  private int size;

  private Exchange x;
  private FirstLevel first;
  private Generations generations;
  private Entry entry;
  private Answer tree;

  /** One answer in memory. */
  @Setup
  public void keep() {
    x = Exchanges.chat("perplexity/sonar");
    ((com.fasterxml.jackson.databind.node.ObjectNode)
            ((com.fasterxml.jackson.databind.JsonNode) body(x)).path("messages").path(0))
        .put("content", "q".repeat(size));
    var value = Json.object();
    for (var i = 0; i < 10; i++) {
      value.put("field" + i, "v".repeat(size / 10));
    }
    tree = Exchanges.answer("a".repeat(size)).with(value);
    var terms = Terms.of(x, "ann").orElseThrow();
    var now = Instant.now();
    entry =
        Frame.of(
            terms.key(),
            new Frame.About(
                Optional.of("ann"),
                now,
                now.plusSeconds(3600),
                now.plusSeconds(3600),
                Exchanges.target("perplexity/sonar"),
                new Usd(1),
                Duration.ofSeconds(1)),
            tree);
    generations = new Generations(Clock.system());
    first = new FirstLevel(64 << 20, Clock.system());
    first.put(entry, generations.stamp(terms.subjects()));
  }

  private static Object body(Exchange x) {
    return ((dev.weir.gateway.Call.OfModel) x.call()).body();
  }

  /** The terms of a call, most of which is its key. */
  @Benchmark
  public Optional<Terms> key() {
    return Terms.of(x, "ann");
  }

  /** Key, stamp, look-up and answer. */
  @Benchmark
  public Reply hit() {
    var terms = Terms.of(x, "ann").orElseThrow();
    var stamp = generations.stamp(terms.subjects());
    var held = first.find(terms.key(), stamp).orElseThrow();
    return held.counts(Instant.now(), Optional.empty())
        ? new Reply.Whole(held.answer())
        : new Reply.Whole(tree);
  }

  /** The reply's bytes from a kept value. */
  @Benchmark
  public int replyOfBytes() {
    return Json.write(Json.object().set("data", entry.answer().data().orElseThrow())).length();
  }

  /** The reply's bytes from a tree that is read of a kept value first. */
  @Benchmark
  public int replyOfAReadTree() {
    var span = entry.data().orElseThrow();
    var kept = Buffer.buffer(span.length());
    kept.appendBytes(entry.frame().bytes(), span.from(), span.length());
    return Json.write(Json.object().set("data", Json.parse(kept))).length();
  }

  /** The reply's bytes from a tree that is kept as such. */
  @Benchmark
  public int replyOfATree() {
    return Json.write(Json.object().set("data", tree.data().orElseThrow())).length();
  }

  /** What a row of the database takes: checked and opened. */
  @Benchmark
  public Object open() {
    return Frame.open(entry.frame().bytes(), entry.key(), Optional.of("ann"), 1 << 20);
  }

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    new Runner(new OptionsBuilder().include(CacheBench.class.getSimpleName()).build()).run();
  }
}
