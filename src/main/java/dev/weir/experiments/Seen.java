package dev.weir.experiments;

/**
 * Which users were seen, in a few bytes: how many, and the exclusive or of a mark of each. Two sets
 * that are seen alike are the same but for a chance of one in 2^64.
 */
record Seen(long users, long marks) {
  static final Seen NOBODY = new Seen(0, 0);

  Seen with(long mark) {
    return new Seen(users + 1, marks ^ mark);
  }

  Seen and(Seen others) {
    return new Seen(users + others.users, marks ^ others.marks);
  }
}
