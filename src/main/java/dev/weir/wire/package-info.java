/**
 * The words of the doors: what a call looks like as JSON and what a reply looks like, for every
 * surface and both doors alike.
 *
 * <p>Promises that a code of the catalogue means the same everywhere, and that a wrong call is
 * refused with the path of the fault. Entry: {@link dev.weir.wire.FunctionRequest}, {@link
 * dev.weir.wire.ChatRequest}, {@link dev.weir.wire.FunctionReply}, {@link dev.weir.wire.Envelope}.
 * May use {@code gateway}, {@code prompts} and {@code core}; used by {@code http} and {@code bus}.
 * It keeps no state.
 */
@NullMarked
package dev.weir.wire;

import org.jspecify.annotations.NullMarked;
