package dev.weir.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** What is asked of a model, in no provider's words; each provider translates it into its own. */
public sealed interface Ask {
  /** Whether the answer is wanted as a stream from the provider. */
  boolean stream();

  /**
   * A function's rendered prompt.
   *
   * @param messages system and user message, then whatever a second ask adds
   * @param function the function: its parameters, search and output schema tell the rest
   */
  record Prompted(
      List<Message> messages, dev.weir.prompts.FunctionDefinition function, boolean stream)
      implements Ask {
    /** Copies the messages. */
    public Prompted {
      messages = List.copyOf(messages);
    }

    /** The function's prompt for an input that fits its schema. */
    public static Prompted of(
        dev.weir.prompts.FunctionDefinition function, JsonNode input, boolean stream) {
      var messages = new ArrayList<Message>(2);
      function
          .system()
          .ifPresent(s -> messages.add(new Message(Message.Role.SYSTEM, s.render(input))));
      messages.add(new Message(Message.Role.USER, function.user().render(input)));
      return new Prompted(messages, function, stream);
    }
  }

  /**
   * A chat completion in OpenAI's shape, as the caller sent it.
   *
   * @param body the caller's body; nobody edits it, a provider copies what it sends
   */
  record Chat(ObjectNode body, boolean stream) implements Ask {}

  /**
   * The vectors of texts. The answer's data holds one for each, in their order ({@link Vectors}).
   *
   * @param input the texts, or their tokens
   * @param dimensions how many components each vector shall have; empty for as many as the model
   *     gives
   * @param packed whether whoever asked wants them packed: a provider that can send them either way
   *     then does so
   */
  record Embedding(EmbeddingInput input, OptionalInt dimensions, boolean packed) implements Ask {
    /** The vectors of texts: at least one, none of them empty. */
    public Embedding(List<String> texts, OptionalInt dimensions, boolean packed) {
      this(new EmbeddingInput.Texts(texts), dimensions, packed);
    }

    /** The vector of one text, as the model gives it. */
    public static Embedding of(String text) {
      return new Embedding(List.of(text), OptionalInt.empty(), true);
    }

    @Override
    public boolean stream() {
      return false;
    }
  }

  /** Tokens that the caller has counted already; they stand in no text of the prompt. */
  default long givenTokens() {
    return this instanceof Embedding(EmbeddingInput.Tokens tokens, _, _) ? tokens.count() : 0;
  }

  /** All text of the prompt, for counting its tokens; {@link #givenTokens} come on top. */
  default String prompt() {
    var text = new StringBuilder();
    switch (this) {
      case Prompted prompted ->
          prompted.messages().forEach(m -> text.append(m.text()).append('\n'));
      case Chat chat ->
          chat.body()
              .path("messages")
              .forEach(
                  message -> {
                    var content = message.path("content");
                    if (content.isTextual()) {
                      text.append(content.textValue());
                    } else {
                      content.forEach(part -> text.append(part.path("text").asText("")));
                    }
                    text.append('\n');
                  });
      case Embedding embedding -> {
        if (embedding.input() instanceof EmbeddingInput.Texts texts) {
          texts.all().forEach(t -> text.append(t).append('\n'));
        }
      }
    }
    return text.toString();
  }
}
