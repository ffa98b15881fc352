/**
 * The response cache: an answer that was given once is given again, to the same question, within
 * its scope and its time.
 *
 * <p>Promises that no user gets another's answer, that an invalidation is seen by every node within
 * a second and never undone by a late store, that identical calls in flight ask a provider once,
 * and that no fault of its own fails a call. {@link dev.weir.cache.ResponseCache} opens it and
 * gives the {@link dev.weir.cache.CacheStage}. May use {@code gateway}, {@code jobs}, {@code
 * storage} and what is below; its tables are {@code response_cache}, {@code cache_generations},
 * {@code cache_flights}, {@code cache_savings} and {@code cache_warm_ups}. How: docs/cache.md.
 */
@NullMarked
package dev.weir.cache;

import org.jspecify.annotations.NullMarked;
