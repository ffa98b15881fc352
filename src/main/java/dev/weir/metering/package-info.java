/**
 * One record for every admitted call.
 *
 * <p>{@link dev.weir.metering.MeteringStage} stands outermost and turns a call's tally into a
 * {@link dev.weir.metering.UsageRecord} before the reply's last byte leaves; {@link
 * dev.weir.metering.UsageWriter} writes records to {@code ai_usage_metrics} in idempotent batches,
 * keyed by the gateway's own id. Room for the record is reserved before a call is admitted, so a
 * full queue refuses new calls and never loses an admitted one. {@link dev.weir.metering.Journal}
 * is the seam at which records will survive a kill of the process. May use {@code gateway}, {@code
 * jobs}, {@code storage} and {@code core}.
 */
@NullMarked
package dev.weir.metering;

import org.jspecify.annotations.NullMarked;
