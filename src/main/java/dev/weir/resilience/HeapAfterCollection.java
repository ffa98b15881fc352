package dev.weir.resilience;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * How full the heap was after the last collection of each of its pools: what lies there between two
 * collections is mostly garbage and says nothing. Thread-safe.
 */
public final class HeapAfterCollection implements DoubleSupplier {
  private final List<MemoryPoolMXBean> pools =
      ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(pool -> pool.getType() == MemoryType.HEAP)
          .toList();

  /** From 0 to 1; 0 before the first collection. */
  @Override
  public double getAsDouble() {
    var used = 0L;
    for (var pool : pools) {
      var after = pool.getCollectionUsage();
      used += after == null ? 0 : after.getUsed();
    }
    return (double) used / Runtime.getRuntime().maxMemory();
  }
}
