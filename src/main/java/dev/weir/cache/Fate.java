package dev.weir.cache;

/** What became of an answer in the second level. */
enum Fate {
  /** It is there. */
  STORED,
  /** Something of it was invalidated meanwhile, or its flight was overtaken. */
  REFUSED,
  /** It is none to keep: cut off, or too large. */
  UNFIT,
  /** The database did not take it. */
  LOST
}
