/**
 * The composition root: builds every object with constructors, in order, and takes them down in
 * reverse.
 *
 * <p>{@link dev.weir.app.Main} is the process, {@code Weir} the running service, {@code Stages} the
 * order of a call's story, {@code GatewayVerticle} what stands once per event loop. Knows every
 * room; no room knows it.
 */
@NullMarked
package dev.weir.app;

import org.jspecify.annotations.NullMarked;
