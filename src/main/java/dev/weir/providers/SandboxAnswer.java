package dev.weir.providers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Answer.Finish;
import dev.weir.gateway.Ask;
import dev.weir.gateway.EmbeddingInput;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Message;
import dev.weir.gateway.Source;
import dev.weir.gateway.Vectors;
import dev.weir.prompts.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Composes one answer of the sandbox, as its behaviour wants it. It reads nothing of the call that
 * changes, so it may be made on another thread.
 */
final class SandboxAnswer {
  /** Roughly what English text takes; a provider without a tokenizer may estimate. */
  private static final int LETTERS_PER_TOKEN = 4;

  private static final int SENTENCES = 4;
  private static final int PAGES = 3;

  private final Exchange x;
  private final SandboxBehaviour behaviour;
  private final List<String> said;
  private final String question;
  private final Optional<JsonNode> schema;
  private final boolean askedAgain;
  private final Words words;

  SandboxAnswer(Exchange x, SandboxBehaviour behaviour) {
    this.x = x;
    this.behaviour = behaviour;
    switch (x.plan().ask()) {
      case Ask.Prompted ask -> {
        said = ask.messages().stream().map(Message::text).toList();
        question = lastOf(ask.messages());
        schema = ask.function().output().map(Schema::node);
        askedAgain = ask.messages().stream().anyMatch(m -> m.role() == Message.Role.ASSISTANT);
      }
      case Ask.Chat ask -> {
        said = texts(ask.body());
        question = said.isEmpty() ? "" : said.getLast();
        schema =
            Optional.of(ask.body().path("response_format").path("json_schema").path("schema"))
                .filter(JsonNode::isObject);
        askedAgain = false;
      }
      case Ask.Embedding ask -> {
        said = texts(ask.input());
        question = said.getFirst();
        schema = Optional.empty();
        askedAgain = false;
      }
    }
    words = new Words(question);
  }

  /** How much the vectors that are asked for are made of, and how large they are; else 0. */
  static long vectorBytes(Exchange x) {
    if (!(x.plan().ask() instanceof Ask.Embedding ask)) {
      return 0;
    }
    var read =
        switch (ask.input()) {
          case EmbeddingInput.Texts(var all) -> all.stream().mapToLong(String::length).sum();
          case EmbeddingInput.Tokens tokens -> tokens.count() * LETTERS_PER_TOKEN;
        };
    return read + (long) ask.input().size() * dimensions(x, ask) * Float.BYTES;
  }

  /** As many as those of the model that it stands for. */
  private static int dimensions(Exchange x, Ask.Embedding ask) {
    return VectorSizes.of(ask, x.currentAttempt().target().model())
        .orElse(SandboxEmbedding.DIMENSIONS);
  }

  /** The answer. */
  Answer compose() {
    var vectors = vectors();
    var text = vectors.isPresent() ? "" : text();
    var search = vectors.isEmpty() && x.searches();
    return new Answer(
        text,
        vectors,
        behaviour.kind() == SandboxBehaviour.Kind.LENGTH ? Finish.LENGTH : Finish.STOP,
        x.currentAttempt().target().model().toString(),
        usage(text, search),
        Optional.empty(),
        search ? sources() : List.of(),
        Optional.empty());
  }

  /** The vectors, where such are asked for. */
  private Optional<JsonNode> vectors() {
    if (!(x.plan().ask() instanceof Ask.Embedding ask)) {
      return Optional.empty();
    }
    var dimensions = dimensions(x, ask);
    return Optional.of(
        Vectors.of(said.stream().map(one -> SandboxEmbedding.of(one, dimensions)).toList()));
  }

  private String text() {
    if (behaviour.kind() == SandboxBehaviour.Kind.ECHO) {
      return question;
    }
    var json = schema.map(node -> new SchemaWriter(node, words).write());
    var plain = json.map(JsonNode::toPrettyString).orElseGet(() -> words.prose(SENTENCES));
    return switch (behaviour.kind()) {
      case LENGTH -> plain.substring(0, plain.length() * 2 / 3);
      case BROKEN_JSON -> json.map(SandboxAnswer::broken).orElse(plain);
      case PROSE_JSON ->
          json.isPresent()
              ? "Sure! Here is what you asked for:\n\n" + plain + "\n\nLet me know if it helps."
              : plain;
      case FENCED_JSON -> json.isPresent() ? "```json\n" + plain + "\n```" : plain;
      case INVALID_SCHEMA -> json.map(this::invalid).orElse(plain);
      case INVALID_ONCE -> askedAgain ? plain : json.map(this::invalid).orElse(plain);
      default -> plain;
    };
  }

  /** Typical slips of models: a bare key, a comma too many, the last bracket missing. */
  private static String broken(JsonNode json) {
    var text = json.toString();
    return text.substring(0, text.length() - 1).replaceFirst("\"(\\w+)\":", "$1: ") + ",";
  }

  /** The same without its first required property, or of another type. */
  private String invalid(JsonNode json) {
    var required = schema.orElseThrow().path("required");
    if (json instanceof ObjectNode object && !required.isEmpty()) {
      return object.deepCopy().without(required.get(0).asText("")).toPrettyString();
    }
    return json.isTextual() ? "[]" : "\"not what was asked for\"";
  }

  private Usage usage(String text, boolean search) {
    var given = x.plan().ask().givenTokens();
    var input = given > 0 ? given : tokens(said.stream().mapToLong(String::length).sum());
    return new Usage(input, tokens(text.length()), 0, 0, search ? 1 : 0, false);
  }

  private static long tokens(long letters) {
    return (letters + LETTERS_PER_TOKEN - 1) / LETTERS_PER_TOKEN;
  }

  private List<Source> sources() {
    var pages = new ArrayList<Source>();
    for (var i = 1; i <= PAGES; i++) {
      pages.add(
          new Source(
              "https://example.org/" + words.plain() + "-" + i,
              words.title(),
              words.sentence(),
              Optional.of("2026-0" + i + "-15")));
    }
    return pages;
  }

  private static String lastOf(List<Message> messages) {
    return messages.reversed().stream()
        .filter(m -> m.role() == Message.Role.USER)
        .map(Message::text)
        .findFirst()
        .orElse("");
  }

  /** Each token is a word to it. */
  private static List<String> texts(EmbeddingInput input) {
    return switch (input) {
      case EmbeddingInput.Texts texts -> texts.all();
      case EmbeddingInput.Tokens tokens -> {
        var words = new ArrayList<String>(tokens.size());
        tokens.lists().forEach(list -> words.add(list.toString()));
        yield words;
      }
    };
  }

  private static List<String> texts(ObjectNode body) {
    var texts = new ArrayList<String>();
    for (var message : body.path("messages")) {
      var content = message.path("content");
      if (content.isTextual()) {
        texts.add(content.textValue());
      } else {
        content.forEach(part -> texts.add(part.path("text").asText("")));
      }
    }
    return texts.isEmpty() ? List.of(Json.object().toString()) : texts;
  }
}
