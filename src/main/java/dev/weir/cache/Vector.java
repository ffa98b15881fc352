package dev.weir.cache;

import io.vertx.core.buffer.Buffer;

/**
 * The vector of an input. Those of other inputs are compared with it as Postgres sends them, so
 * that nothing is made of the many numbers that a look at the newest answers brings. Immutable.
 */
final class Vector {
  /** Before the numbers: dimensions, flags, type of the elements; their count, the lower bound. */
  private static final int COUNT_AT = 3 * Integer.BYTES;

  private static final int FIRST_AT = COUNT_AT + 2 * Integer.BYTES;

  /** Each number stands behind its length. */
  private static final int STRIDE = Integer.BYTES + Float.BYTES;

  private final float[] numbers;
  private final double length;

  private Vector(float[] numbers) {
    this.numbers = numbers;
    var sum = 0.0;
    for (double number : numbers) {
      sum += number * number;
    }
    this.length = Math.sqrt(sum);
  }

  /** The vector of these components, which become its own. */
  static Vector of(float[] numbers) {
    return new Vector(numbers);
  }

  /** The same as the database takes it. */
  Float[] boxed() {
    var all = new Float[numbers.length];
    for (var i = 0; i < all.length; i++) {
      all[i] = numbers[i];
    }
    return all;
  }

  /** The cosine of the angle between two vectors; 0 where they cannot be compared. */
  double cosine(Vector other) {
    if (numbers.length != other.numbers.length) {
      return 0;
    }
    var product = 0.0;
    for (var i = 0; i < numbers.length; i++) {
      product += (double) numbers[i] * other.numbers[i];
    }
    return over(product, length * other.length);
  }

  /**
   * As {@link #cosine}, with a {@code real[]} as {@code array_send} gives it: what Postgres sends
   * for an array of one dimension without nulls. 0 where it is none, or of another length.
   */
  double cosineOfSent(Buffer array) {
    if (array.length() != FIRST_AT + numbers.length * STRIDE
        || array.getInt(COUNT_AT) != numbers.length) {
      return 0;
    }
    var product = 0.0;
    var squares = 0.0;
    var at = FIRST_AT + Integer.BYTES;
    for (var number : numbers) {
      double other = Float.intBitsToFloat(array.getInt(at));
      product += number * other;
      squares += other * other;
      at += STRIDE;
    }
    return over(product, length * Math.sqrt(squares));
  }

  private static double over(double product, double lengths) {
    var cosine = product / lengths;
    return Double.isFinite(cosine) ? cosine : 0;
  }
}
