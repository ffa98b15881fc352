package dev.weir.gateway;

import java.util.Optional;

/**
 * One place that can answer: a model, who serves it, and how it is to be asked.
 *
 * @param model the model that is asked and priced
 * @param servedBy the provider that really answers; differs from the model's own when the sandbox
 *     stands in
 * @param simulated whether the sandbox stands in for a provider without a key
 * @param search whether a web search is forced
 * @param preset a provider's preset (Perplexity), pinned together with the model
 */
public record Target(
    ModelRef model, String servedBy, boolean simulated, boolean search, Optional<String> preset) {}
