package dev.weir.providers;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.weir.core.AIError;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;

/** Whatever the bytes and wherever they are torn, the parser finds the same events. */
class SseFuzz {
  private static final int LIMIT = 4096;

  @FuzzTest(maxDuration = "10s")
  void findsTheSameEventsHoweverTheBytesAreTorn(FuzzedDataProvider data) {
    var cuts = data.consumeInts(4);
    var bytes = data.consumeRemainingAsBytes();

    var whole = events(List.of(Buffer.buffer(bytes)));
    var torn = events(tear(bytes, cuts));

    if (!whole.equals(torn)) {
      throw new AssertionError(whole + " is not " + torn);
    }
  }

  private static List<Buffer> tear(byte[] bytes, int[] cuts) {
    var all = Buffer.buffer(bytes);
    var chunks = new ArrayList<Buffer>();
    var from = 0;
    for (var cut : cuts) {
      var to = Math.clamp(from + (long) Math.floorMod(cut, bytes.length + 1), from, bytes.length);
      chunks.add(all.getBuffer(from, to));
      from = to;
    }
    chunks.add(all.getBuffer(from, bytes.length));
    return chunks;
  }

  private static List<String> events(List<Buffer> chunks) {
    var found = new ArrayList<String>();
    var parser = new SseParser(LIMIT, e -> found.add(e.data()));
    try {
      chunks.forEach(parser::feed);
      parser.finish();
    } catch (AIError _) {
      found.add("over the limit");
    }
    return found;
  }
}
