package dev.weir.health;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What the process itself can tell of its strain. */
final class Strain {
  private static final double TIGHT = 0.9;
  private static final double FULL = 0.97;

  private Strain() {}

  /** Late event loops delay every call. */
  static List<Concern> ofLoops(Duration worst) {
    var ms = worst.toMillis();
    return ms > 1000
        ? List.of(new Concern(30, "event loops are " + ms + " ms late"))
        : ms > 100 ? List.of(new Concern(10, "event loops are " + ms + " ms late")) : List.of();
  }

  /** A heap that is full in spite of collections. */
  static List<Concern> ofMemory() {
    var share = usedHeap() / (double) Runtime.getRuntime().maxMemory();
    return share > FULL
        ? List.of(new Concern(40, "the heap is full"))
        : share > TIGHT ? List.of(new Concern(15, "the heap is nearly full")) : List.of();
  }

  /** The heap in bytes. */
  static Map<String, Object> memory() {
    var runtime = Runtime.getRuntime();
    return Map.of("heap_used_bytes", usedHeap(), "heap_max_bytes", runtime.maxMemory());
  }

  private static long usedHeap() {
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
