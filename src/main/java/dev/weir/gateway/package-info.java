/**
 * The core: what a call is and how it walks through the stages.
 *
 * <p>{@link dev.weir.gateway.Gateway} is the one entry, used by both doors. A call becomes an
 * immutable {@link dev.weir.gateway.Exchange} with a plan, and travels through a {@link
 * dev.weir.gateway.Chain} of {@link dev.weir.gateway.Stage}s to the provider and back as a {@link
 * dev.weir.gateway.Reply}. The room knows the stage interface and nothing of any stage; it may use
 * {@code prompts}, {@code telemetry}, {@code config} and {@code core}, and is used by the stages,
 * the doors and {@code app}. It keeps no table.
 *
 * <p>Everything of one call is confined to the event loop on which the call arrived.
 */
@NullMarked
package dev.weir.gateway;

import org.jspecify.annotations.NullMarked;
