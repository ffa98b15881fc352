/**
 * What can be seen of Weir from outside: its log and its meters.
 *
 * <p>{@link dev.weir.telemetry.Logs} writes one line an event, as JSON (Elastic Common Schema) or
 * for people, and never makes an event loop wait for a slow terminal: what does not fit is dropped
 * and counted. {@link dev.weir.telemetry.Metrics} holds the registry behind {@code /metrics};
 * {@link dev.weir.telemetry.CallLog} and {@link dev.weir.telemetry.CallMeters} take one {@link
 * dev.weir.telemetry.FinishedCall} for each call. No line and no label holds a key, a prompt, an
 * answer or a user's name. Uses {@code config} and {@code core}; every room above may use it. Its
 * one file is {@code log-salt} in the data directory.
 */
@NullMarked
package dev.weir.telemetry;

import org.jspecify.annotations.NullMarked;
