/**
 * The event-bus door: a sibling verticle sends a call as JSON to {@code weir.invoke} and gets the
 * reply that HTTP would have given.
 *
 * <p>Entry: {@link dev.weir.bus.BusDoor}, one per verticle. The same gateway, key check and
 * metering stand behind it as behind HTTP. May use {@code wire}, {@code gateway} and {@code core};
 * used by {@code app} alone. It keeps no state.
 *
 * <p>The bus does not tell when a sender gives up waiting, so a call runs to its end or its
 * deadline; senders should set a send timeout above the call's {@code timeout_ms}.
 */
@NullMarked
package dev.weir.bus;

import org.jspecify.annotations.NullMarked;
