package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Random;
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
 * A megabyte of JSON, valid, broken and hostile, against Jackson's own parse of the valid one:
 * {@code mvn -ntp test-compile exec:exec@bench -Dbench=dev.weir.output.json.RepairBench}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RepairBench {
  private static final int MEGABYTE = 1 << 20;

  /** The text to repair. */
  @Param({
    "valid",
    "trailing commas",
    "single quotes",
    "cut",
    "prose",
    "[",
    "\"",
    "\\",
    "/*",
    "{\"a\":\"x, "
  })
  public String text = "";

  private final ObjectMapper jackson = new ObjectMapper();
  private String valid = "";
  private String input = "";

  /** Makes the texts. */
  @Setup
  public void make() {
    valid = document();
    input =
        switch (text) {
          case "valid" -> valid;
          case "trailing commas" -> valid.replace("}", ",}");
          case "single quotes" -> valid.replace('"', '\'');
          case "cut" -> valid.substring(0, valid.length() - 10);
          case "prose" -> "Here is the document:\n```json\n" + valid + "\n```\nAnything else?";
          default -> text.repeat(MEGABYTE / text.length());
        };
  }

  /** A repair of the text. */
  @Benchmark
  public JsonNode repair() {
    return JsonRepair.repair(input).value();
  }

  /** Jackson's parse of the valid text. */
  @Benchmark
  public JsonNode jacksonOnValid() throws Exception {
    return jackson.readTree(valid);
  }

  static String document() {
    var random = new Random(1);
    var out = new StringBuilder("[");
    while (out.length() < MEGABYTE - 400) {
      out.append(out.length() > 1 ? "," : "")
          .append("{\"id\":")
          .append(random.nextInt(1_000_000))
          .append(",\"name\":\"Person ")
          .append(random.nextInt(1000))
          .append("\",\"score\":")
          .append(random.nextInt(10_000) / 8.0)
          .append(",\"active\":")
          .append(random.nextBoolean())
          .append(
              ",\"tags\":[\"alpha\",\"beta\",\"gamma\"],\"note\":\"A sentence with \\\"quotes\\\"")
          .append(" and a line\\nbreak, so that escapes are there too.\",\"parent\":null}");
    }
    return out.append(']').toString();
  }

  /** Runs this benchmark. */
  public static void main(String[] args) throws Exception {
    var name = RepairBench.class.getName();
    new Runner(new OptionsBuilder().include(name + ".repair").build()).run();
    var jackson = name + ".jacksonOnValid";
    new Runner(new OptionsBuilder().include(jackson).param("text", "valid").build()).run();
  }
}
