package dev.weir.metering;

/**
 * Where records of calls go on their way to the database. Room for a record is taken before its
 * call is admitted; a reserved place is then either filled or given back. Called on event loops;
 * never blocks.
 */
public interface Journal {
  /** Takes room for one record; false if there is none, and then the call must be refused. */
  boolean reserve();

  /** Gives back the room of a call that was refused after all. */
  void release();

  /** Fills a reserved place. */
  void append(UsageRecord record);
}
