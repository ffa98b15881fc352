package dev.weir.experiments.stats;

import java.util.Arrays;

/**
 * A latency sketch as it is stored: logarithmic buckets, bucket i holding the values above {@code
 * g^(i-1)} and up to {@code g^i}, with {@code g = (1 + e) / (1 - e)} for the relative error e
 * (DDSketch: Masson, Rim and Lee, 2019). Counts at the edges of buckets are exact.
 */
public final class Sketch {
  /** The relative error of Weir's sketches. */
  public static final double RELATIVE_ERROR = 0.01;

  private static final double GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);

  private final int first;
  private final long[] upTo;

  /**
   * @param index buckets, in any order, a bucket perhaps more than once
   * @param count how many values each holds
   */
  public Sketch(int[] index, long[] count) {
    if (index.length != count.length) {
      throw new IllegalArgumentException("a count for each bucket");
    }
    if (index.length == 0) {
      this.first = 0;
      this.upTo = new long[0];
      return;
    }
    this.first = Arrays.stream(index).min().orElseThrow();
    this.upTo = new long[Arrays.stream(index).max().orElseThrow() - first + 1];
    for (var i = 0; i < index.length; i++) {
      upTo[index[i] - first] += count[i];
    }
    Arrays.parallelPrefix(upTo, Long::sum);
  }

  /** The bucket of a value in ms; what is below 1 counts as 1. */
  public static int bucket(double ms) {
    return (int) Math.ceil(Math.log(Math.max(ms, 1)) / Math.log(GROWTH));
  }

  /** How many values there are. */
  public long count() {
    return upTo.length == 0 ? 0 : upTo[upTo.length - 1];
  }

  /** How many lie in this bucket or below. */
  long upTo(int bucket) {
    return bucket < first || upTo.length == 0 ? 0 : upTo[Math.min(bucket - first, upTo.length - 1)];
  }

  /** The lowest bucket by which at least this many values have come (at least one). */
  int bucketOf(long rank) {
    var low = 0;
    var high = upTo.length - 1;
    while (low < high) {
      var middle = (low + high) / 2;
      if (upTo[middle] >= rank) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return first + low;
  }

  int lowest() {
    return first;
  }

  int highest() {
    return first + Math.max(0, upTo.length - 1);
  }

  /** The upper edge of a bucket, and so the lower one of the next. */
  static double edge(int bucket) {
    return Math.pow(GROWTH, bucket);
  }

  /** What a bucket stands for: no further from its values than the relative error. */
  static double middle(int bucket) {
    return 2 * Math.pow(GROWTH, bucket) / (GROWTH + 1);
  }
}
