/**
 * Work in the background that one node does for all: retiring partitions, forecasts, alerts.
 *
 * <p>{@link dev.weir.jobs.Jobs} holds a fenced row lease per {@link dev.weir.jobs.Job} and runs its
 * body once per period on the node that leads; what the body writes through its {@link
 * dev.weir.jobs.Turn} is refused by the database as soon as another node leads, however long this
 * one was paused. May use {@code storage} and {@code core}; used by whoever has work of this kind,
 * which {@code app} hands over at start. Its table is {@code job_leases}.
 */
@NullMarked
package dev.weir.jobs;

import org.jspecify.annotations.NullMarked;
