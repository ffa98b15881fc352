package dev.weir.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
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
