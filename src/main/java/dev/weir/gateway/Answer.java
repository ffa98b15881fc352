package dev.weir.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Optional;

/**
 * A model's whole answer, in no provider's words.
 *
 * @param text what it said
 * @param data the value found in it, once the output stage has validated it
 * @param finish why it stopped
 * @param model the model that answered, as the provider names it
 * @param usage what it consumed
 * @param providerCost the provider's own figure, where it gives one
 * @param sources the pages it rests on
 * @param wire the provider's own chat-completions body, byte for byte, where it speaks that:
 *     forwarded as it is
 */
public record Answer(
    String text,
    Optional<JsonNode> data,
    Finish finish,
    String model,
    Usage usage,
    Optional<Usd> providerCost,
    List<Source> sources,
    Optional<Buffer> wire) {

  /** Why a model stopped. */
  public enum Finish {
    /** It had said everything. */
    STOP("stop"),
    /** It hit the output cap: what it said is cut off. */
    LENGTH("length"),
    /** It wants a tool called. */
    TOOL_CALLS("tool_calls"),
    /** The provider cut it off on grounds of content. */
    CONTENT_FILTER("content_filter");

    private final String label;

    Finish(String label) {
      this.label = label;
    }

    /** OpenAI's name of it. */
    public String label() {
      return label;
    }
  }

  /** Copies the sources. */
  public Answer {
    sources = List.copyOf(sources);
  }

  /** The same answer with the value that was found in it. */
  public Answer with(JsonNode found) {
    return new Answer(text, Optional.of(found), finish, model, usage, providerCost, sources, wire);
  }
}
