package dev.weir.analytics;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A question about usage.
 *
 * @param from its first moment
 * @param to the moment after its last
 * @param groupBy what the answer's lines differ in
 * @param interval the periods it is cut into
 * @param filters only calls of these values count
 * @param order what comes first
 * @param percentiles whether latencies are wanted, where the grouping has them
 * @param limit how many lines at most
 * @param offset how many lines are left out before them
 */
public record UsageQuery(
    Instant from,
    Instant to,
    List<Dimension> groupBy,
    Interval interval,
    Map<Dimension, String> filters,
    Order order,
    boolean percentiles,
    int limit,
    int offset) {
  /** Copies the collections; the order of the groups stands. */
  public UsageQuery {
    groupBy = List.copyOf(groupBy);
    filters = Collections.unmodifiableMap(new LinkedHashMap<>(filters));
  }

  /** Everything it looks at. */
  Set<Dimension> dimensions() {
    var all = new LinkedHashSet<>(groupBy);
    all.addAll(filters.keySet());
    return all;
  }

  /** Whether its one line is all of it. */
  boolean whole() {
    return groupBy.isEmpty() && interval == Interval.NONE && offset == 0;
  }

  /** The same question about all lines at once. */
  UsageQuery total() {
    return new UsageQuery(from, to, List.of(), Interval.NONE, filters, order, percentiles, 1, 0);
  }

  /** The same question for so many lines and no pages. */
  public UsageQuery first(int lines) {
    return new UsageQuery(from, to, groupBy, interval, filters, order, percentiles, lines, 0);
  }
}
