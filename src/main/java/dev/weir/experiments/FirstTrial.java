package dev.weir.experiments;

import java.time.Instant;

/**
 * A user's first trial, its deadline passed.
 *
 * @param arm the user's arm
 * @param epoch of the first exposure
 * @param at when the call came in
 * @param outcome how it ended: success, failure, timeout or cancelled
 * @param latencyMs how long it took
 */
record FirstTrial(String arm, int epoch, Instant at, String outcome, long latencyMs) {
  boolean failed() {
    return outcome.equals("failure") || outcome.equals("timeout");
  }

  /** Whether somebody waited for nothing: slow, however soon the waiting ended. */
  boolean unanswered() {
    return outcome.equals("timeout") || outcome.equals("cancelled");
  }
}
