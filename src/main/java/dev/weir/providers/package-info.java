/**
 * The providers: where a call leaves Weir, and where its answer comes back in no provider's words.
 *
 * <p>Entries: {@link dev.weir.providers.UpstreamStage}, the last stage of the chain; {@link
 * dev.weir.providers.Upstreams}, one set of connection pools per verticle; {@link
 * dev.weir.providers.Directory}, which turns the name of a model into whom to ask. A provider is
 * one class ({@code PerplexityAgent}, {@code OpenAiChat}, {@code Sandbox}) and one line in {@code
 * Upstreams}.
 *
 * <p>Promises: a cancelled call resets its request at once, in whatever phase it is; a reader that
 * rests stops the provider's socket; a stream that ends without its proper end is an error; nothing
 * an upstream says in an error reaches a caller. May use {@code gateway}, {@code prompts}, {@code
 * config} and {@code core}; used by {@code app}. Keeps no table.
 */
@NullMarked
package dev.weir.providers;

import org.jspecify.annotations.NullMarked;
