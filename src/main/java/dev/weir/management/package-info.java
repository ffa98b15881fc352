/**
 * The management port: one server beside the public one, for those who run Weir.
 *
 * <p>{@link dev.weir.management.ManagementServer} serves the probes, {@code /metrics} and a page
 * that lists what is here, and carries what other rooms mount on it (the admin API, the dashboard).
 * Uses {@code health}, {@code telemetry}, {@code config} and {@code core}; used by {@code app}
 * alone. It keeps no table.
 */
@NullMarked
package dev.weir.management;

import org.jspecify.annotations.NullMarked;
