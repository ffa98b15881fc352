package dev.weir.output.json;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Locale;

/**
 * The CPU time of one repair of a megabyte, the best of many: figures that a busy machine does not
 * spoil. {@code mvn -ntp test-compile exec:exec@bench -Dbench=dev.weir.output.json.RepairCpuTime}.
 */
public final class RepairCpuTime {
  private static final long NANOS_PER_TEXT = 3_000_000_000L;

  private RepairCpuTime() {}

  /** Prints one line for each text. */
  public static void main(String[] args) throws Exception {
    var valid = RepairBench.document();
    var texts = new LinkedHashMap<String, String>();
    texts.put("jackson on valid", valid);
    texts.put("valid", valid);
    texts.put("valid in prose and a fence", "Here:\n```json\n" + valid + "\n```\nAnything else?");
    texts.put("trailing commas", valid.replace("}", ",}"));
    texts.put("single quotes", valid.replace('"', '\''));
    texts.put("cut at the end", valid.substring(0, valid.length() - 10));
    for (var unit :
        new String[] {"[", "{", "\"", "'", "\\", "/*", "][", "{\"a\":", "{\"a\":\"x, "}) {
      texts.put("1 MB of " + unit, unit.repeat((1 << 20) / unit.length()));
    }
    var jackson = new ObjectMapper();
    var threads = ManagementFactory.getThreadMXBean();
    for (var text : texts.entrySet()) {
      var own = !text.getKey().startsWith("jackson");
      var best = Long.MAX_VALUE;
      var end = System.nanoTime() + NANOS_PER_TEXT;
      while (System.nanoTime() < end) {
        var start = threads.getCurrentThreadCpuTime();
        var value =
            own ? JsonRepair.repair(text.getValue()).value() : jackson.readTree(text.getValue());
        best = Math.min(best, threads.getCurrentThreadCpuTime() - start);
        if (value == null) {
          throw new IllegalStateException("no value");
        }
      }
      System.out.printf(Locale.ROOT, "%-28s %7.2f ms%n", text.getKey(), best / 1e6);
    }
  }
}
