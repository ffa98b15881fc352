/**
 * One record for every admitted call, exactly once, whatever is killed.
 *
 * <p>{@link dev.weir.metering.MeteringStage} stands outermost and leaves a call's marks in {@link
 * dev.weir.metering.CallJournal}, the last one before the reply's last byte; {@link
 * dev.weir.metering.UsageWriter} carries ended calls from the journal to {@code ai_usage_metrics}
 * in idempotent batches, and {@link dev.weir.metering.Replay} does the same with the journals of
 * dead processes. Room for all marks of a call is reserved before it is admitted, so a full journal
 * refuses new calls and never loses an admitted one. May use {@code gateway}, {@code pricing},
 * {@code storage}, {@code journal}, {@code config} and {@code core}; docs/metering.md tells the
 * whole.
 */
@NullMarked
package dev.weir.metering;

import org.jspecify.annotations.NullMarked;
