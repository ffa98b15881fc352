package dev.weir.experiments;

import java.time.Instant;

/**
 * A user whose window has closed; nothing of it changes any more.
 *
 * @param arm the user's arm
 * @param epoch of the first exposure
 * @param windowEndsAt when the window was over
 * @param trials the user's trials, of which so many were {@code successes}
 * @param cost of them, in USD
 * @param answers feedback that was given, of which so many said success ({@code liked})
 */
record ClosedUnit(
    String arm,
    int epoch,
    Instant windowEndsAt,
    long trials,
    long successes,
    double cost,
    long answers,
    long liked) {}
