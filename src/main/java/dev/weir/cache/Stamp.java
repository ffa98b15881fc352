package dev.weir.cache;

/**
 * The generations of an answer's subjects at one moment, as this process knew them. Two stamps that
 * are equal say that nothing was invalidated in between.
 *
 * @param epoch how often this process lost track and began anew
 * @param all of everything
 * @param function of the function
 * @param version of its version
 * @param user of the owner; the floor where users share the answer
 * @param key of the key
 */
record Stamp(long epoch, long all, long function, long version, long user, long key) {
  /** In the order in which the database's store reads them. */
  Long[] generations() {
    return new Long[] {all, function, version, user, key};
  }
}
