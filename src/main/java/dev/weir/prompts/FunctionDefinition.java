package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * An AI function, as its file declares it.
 *
 * @param name its name, which is its file's name
 * @param version twelve hexadecimal digits that change exactly when something changes that shapes
 *     an answer: prompt, models, parameters, search, schemas, citations or repair, and not
 *     timeouts, retries, cache, description or example; the same content has the same version
 *     everywhere
 * @param description what it does, for people
 * @param model {@code provider/model} or a logical name
 * @param fallbacks models to try after it
 * @param parameters how the model is asked to write
 * @param search its web search
 * @param system the template of the system message, or empty
 * @param user the template of the user message
 * @param input the schema of its input
 * @param output the schema of its output; empty if it answers in plain text
 * @param timeout the range of its deadline
 * @param retry its retries
 * @param cache how its answers may be kept
 * @param store which contents of its calls are kept; empty for none
 * @param repair what is done about an answer that does not fit
 * @param removeCitations whether citation marks such as {@code [1]} are removed from its strings
 * @param example an input that works, for the docs and for trying it out
 */
public record FunctionDefinition(
    String name,
    String version,
    String description,
    String model,
    List<String> fallbacks,
    Parameters parameters,
    Search search,
    Optional<PromptTemplate> system,
    PromptTemplate user,
    Schema input,
    Optional<Schema> output,
    TimeoutRange timeout,
    RetryPolicy retry,
    CachePolicy cache,
    Optional<ContentPolicy> store,
    RepairPolicy repair,
    boolean removeCitations,
    Optional<JsonNode> example) {
  /** Copies the fallbacks. */
  public FunctionDefinition {
    fallbacks = List.copyOf(fallbacks);
  }
}
