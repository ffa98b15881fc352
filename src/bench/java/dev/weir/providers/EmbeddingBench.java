package dev.weir.providers;

import dev.weir.core.Clock;
import dev.weir.core.Json;
import dev.weir.core.LargeWork;
import dev.weir.core.Usage;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.Exchanges;
import dev.weir.wire.EmbeddingReply;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.OptionalInt;
import java.util.Random;
import java.util.UUID;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What vectors of 2560 components take to be read of a provider's reply and written into ours, in
 * each form. Each run is timed by itself, so that the median says what it takes on a machine that
 * others use.
 *
 * <pre>mvn test-compile exec:exec@bench -Dbench=dev.weir.providers.EmbeddingBench</pre>
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xms768m", "-Xmx768m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"})
public class EmbeddingBench {
  private static final String MODEL = "openai/any";
  private static final int COMPONENTS = 2560;

  /** Texts in a request: as many as make {@link LargeWork#FROM_BYTES} of JSON, and a full batch. */
  @Param({"8", "512"})
  private int texts;

  private final Vertx vertx = Vertx.vertx();
  private LargeWork work;
  private Buffer numbers;
  private Buffer packed;
  private Buffer bytes;
  private Answer fine;
  private Answer whole;

  /** Replies with fine numbers, as OpenAI's are, and with whole ones, as Perplexity's. */
  @Setup
  public void make() {
    work = new LargeWork(vertx);
    var random = new Random(1);
    var asNumbers = Json.object();
    var asPacked = Json.object();
    var asBytes = Json.object();
    for (var reply :
        new com.fasterxml.jackson.databind.node.ObjectNode[] {asNumbers, asPacked, asBytes}) {
      reply.putArray("data");
      reply.putObject("usage").put("prompt_tokens", 7);
    }
    for (var i = 0; i < texts; i++) {
      var list = asNumbers.withArray("/data").addObject().put("index", i).putArray("embedding");
      var four = ByteBuffer.allocate(COMPONENTS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      var one = new byte[COMPONENTS];
      random.nextBytes(one);
      for (var at = 0; at < COMPONENTS; at++) {
        var number = (float) random.nextGaussian(0, 0.02);
        list.add((double) number);
        four.putFloat(number);
      }
      asPacked.withArray("/data").addObject().put("index", i).put("embedding", four.array());
      asBytes.withArray("/data").addObject().put("index", i).put("embedding", one);
    }
    numbers = Json.write(asNumbers);
    packed = Json.write(asPacked);
    bytes = Json.write(asBytes);
    fine = read(packed, EmbeddingForm.BASE64);
    whole = read(bytes, EmbeddingForm.BASE64_INT8);
    System.out.printf(
        "%nbytes read: numbers %d, packed %d, signed bytes %d; written: fine %d, whole %d, packed"
            + " %d%n",
        numbers.length(),
        packed.length(),
        bytes.length(),
        write(fine, false).length(),
        write(whole, false).length(),
        write(fine, true).length());
  }

  /** Ends the threads. */
  @TearDown
  public void close() {
    vertx.close();
  }

  private Ask.Embedding ask(boolean inBase64) {
    return new Ask.Embedding(Collections.nCopies(texts, "x"), OptionalInt.of(COMPONENTS), inBase64);
  }

  private Answer read(Buffer reply, EmbeddingForm form) {
    var attempt = new Attempt(new UUID(0, 1), 1, Exchanges.target(MODEL));
    return new EmbeddingReader(attempt, ask(true), form, new Refusals(Clock.system()), work)
        .whole(reply);
  }

  private Buffer write(Answer answer, boolean inBase64) {
    var call = new Call.OfEmbedding(MODEL, ask(inBase64), CallOptions.DEFAULT);
    return EmbeddingReply.of(call, answer, Usage.of(7, 0));
  }

  /** Lists of numbers of an OpenAI-like provider. */
  @Benchmark
  public Answer readNumbers() {
    return read(numbers, EmbeddingForm.FLOAT);
  }

  /** The same packed. */
  @Benchmark
  public Answer readPacked() {
    return read(packed, EmbeddingForm.BASE64);
  }

  /** Perplexity's signed bytes. */
  @Benchmark
  public Answer readBytes() {
    return read(bytes, EmbeddingForm.BASE64_INT8);
  }

  /** Fine numbers as lists. */
  @Benchmark
  public Buffer writeFine() {
    return write(fine, false);
  }

  /** Perplexity's numbers as lists. */
  @Benchmark
  public Buffer writeWhole() {
    return write(whole, false);
  }

  /** Either packed. */
  @Benchmark
  public Buffer writePacked() {
    return write(fine, true);
  }

  /** Runs it, or the one that is named. */
  public static void main(String[] args) throws Exception {
    var which = EmbeddingBench.class.getSimpleName() + (args.length == 0 ? "" : "." + args[0]);
    new Runner(new OptionsBuilder().include(which).build()).run();
  }
}
