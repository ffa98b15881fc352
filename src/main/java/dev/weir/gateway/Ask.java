package dev.weir.gateway;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

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
  }

  /**
   * A chat completion in OpenAI's shape, as the caller sent it.
   *
   * @param body the caller's body; nobody edits it, a provider copies what it sends
   */
  record Chat(ObjectNode body, boolean stream) implements Ask {}

  /** All text of the prompt, for counting its tokens. */
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
    }
    return text.toString();
  }
}
