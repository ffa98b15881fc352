package dev.weir.http;

/** Answers the requests of one path and verb. */
@FunctionalInterface
interface Endpoint {
  /**
   * Answers a request, now or later, by exactly one reply of the visit.
   *
   * @param parameter the variable part of the path, decoded; empty if it has none
   */
  void visit(Visit visit, String parameter);
}
