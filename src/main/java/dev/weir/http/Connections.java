package dev.weir.http;

import java.util.concurrent.atomic.AtomicInteger;

/** Counts the open connections of all verticles against one limit. Thread-safe. */
public final class Connections {
  private final int limit;
  private final AtomicInteger open = new AtomicInteger();

  /** A count with its limit. */
  public Connections(int limit) {
    this.limit = limit;
  }

  /** The connections that are open now. */
  public int open() {
    return open.get();
  }

  /** One more; false if that is one too many. Either way it has to {@link #leave}. */
  boolean enter() {
    return open.incrementAndGet() <= limit;
  }

  void leave() {
    open.decrementAndGet();
  }
}
