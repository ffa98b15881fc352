/**
 * The words that every room shares: {@link dev.weir.core.AIError} and its catalogue of codes,
 * money, token usage, ids, the clock and strict JSON.
 *
 * <p>Depends on nothing of Weir and keeps no state, so anything may use it. What belongs to one
 * capability does not belong here.
 */
@NullMarked
package dev.weir.core;

import org.jspecify.annotations.NullMarked;
