package dev.weir.limits;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Ask;
import dev.weir.gateway.EmbeddingInput;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Message;
import dev.weir.pricing.PriceTable;
import dev.weir.pricing.TokenCounter;
import dev.weir.prompts.Parameters;
import io.netty.buffer.ByteBufUtil;
import java.time.Instant;
import java.util.Optional;

/**
 * The most that an attempt can cost (LEDGER section 4). The output is bounded by the cap that every
 * provider is sent, times the number of answers. The input is bounded by its bytes, since no token
 * is shorter than one, or more tightly by counted tokens with a margin for models that count
 * otherwise. What the provider adds by itself, and parts that are no text, have allowances.
 */
final class WorstPrice {
  /** Searches that one request makes at most, where the price has a fee for each. */
  static final long MOST_SEARCHES = 10;

  /** What a provider puts around messages: roles, tool preambles, formats. */
  private static final long AROUND = 1_000;

  /** An image, a sound or a file in a message. */
  private static final long PART = 16_384;

  private static final long PER_MESSAGE = 16;
  private static final double MARGIN = 1.3;

  private WorstPrice() {}

  /** By the bytes of the prompt: quick, and several times too high for the input's part. */
  static Optional<Usd> quick(Exchange x, PriceTable prices, Instant at) {
    return of(x, prices, at, inputBytes(x.plan().ask()));
  }

  /** By counted tokens: slower, for budgets that are nearly spent. */
  static Optional<Usd> tight(Exchange x, PriceTable prices, TokenCounter tokens, Instant at) {
    var ask = x.plan().ask();
    var counted = (long) Math.ceil(tokens.count(text(ask)) * MARGIN) + around(ask);
    return of(x, prices, at, Math.min(inputBytes(ask), counted + ask.givenTokens() + parts(ask)));
  }

  private static Optional<Usd> of(Exchange x, PriceTable prices, Instant at, long input) {
    var model = x.currentAttempt().target().model().toString();
    var output = output(x.plan().ask());
    var searches = searches(x);
    Optional<Usd> most = Optional.empty();
    for (var usage :
        new Usage[] {
          new Usage(input, output, 0, 0, searches, true),
          new Usage(input, output, 0, output, searches, true),
          new Usage(input, output, input, 0, searches, true),
          new Usage(input, output, 0, 0, searches, true).writing(input, 0),
          new Usage(input, output, 0, 0, searches, true).writing(0, input)
        }) {
      var price = prices.cost(model, usage, at);
      if (price.isEmpty()) {
        return price;
      }
      most = most.filter(m -> m.compareTo(price.get()) >= 0).or(() -> price);
    }
    return most;
  }

  /** The most tokens that an answer may have, of all its choices together. */
  static long output(Ask ask) {
    return switch (ask) {
      case Ask.Prompted prompted -> prompted.function().parameters().maxOutputTokens();
      case Ask.Chat chat -> {
        var body = chat.body();
        var cap =
            Math.max(
                body.path("max_completion_tokens").asLong(0), body.path("max_tokens").asLong(0));
        yield Math.multiplyExact(
            cap > 0 ? Math.min(cap, 1_000_000) : Parameters.DEFAULT_MAX_OUTPUT_TOKENS,
            Math.clamp(body.path("n").asLong(1), 1, 1_000));
      }
      case Ask.Embedding _ -> 0;
    };
  }

  /** A search happens where it is forced, or where the model may decide to make one. */
  private static long searches(Exchange x) {
    var target = x.currentAttempt().target();
    return switch (x.plan().ask()) {
      case Ask.Prompted prompted ->
          prompted.function().search().on() || target.search() || target.preset().isPresent()
              ? MOST_SEARCHES
              : 0;
      case Ask.Chat _ -> MOST_SEARCHES;
      case Ask.Embedding _ -> 0;
    };
  }

  private static long inputBytes(Ask ask) {
    return switch (ask) {
      case Ask.Prompted prompted -> {
        var bytes = AROUND;
        for (Message message : prompted.messages()) {
          bytes += ByteBufUtil.utf8Bytes(message.text()) + PER_MESSAGE;
        }
        yield bytes + prompted.function().output().map(s -> bytes(s.node())).orElse(0L);
      }
      case Ask.Chat chat -> AROUND + bytes(chat.body()) + parts(ask);
      case Ask.Embedding embedding -> {
        var most = around(ask) + ask.givenTokens();
        if (embedding.input() instanceof EmbeddingInput.Texts texts) {
          for (var text : texts.all()) {
            most += ByteBufUtil.utf8Bytes(text);
          }
        }
        yield most;
      }
    };
  }

  private static long bytes(JsonNode node) {
    if (node.isTextual()) {
      return ByteBufUtil.utf8Bytes(node.textValue()) + 2L;
    }
    if (!node.isContainerNode()) {
      return 8;
    }
    var sum = 2L;
    for (var child : node) {
      sum += bytes(child) + 1;
    }
    if (node.isObject()) {
      for (var names = node.fieldNames(); names.hasNext(); ) {
        sum += ByteBufUtil.utf8Bytes(names.next()) + 3L;
      }
    }
    return sum;
  }

  /** What is put around the text; around that of a vector only its beginning and its end. */
  private static long around(Ask ask) {
    return ask instanceof Ask.Embedding embedding ? embedding.input().size() * PER_MESSAGE : AROUND;
  }

  /** The allowance for parts of messages that are no text. */
  private static long parts(Ask ask) {
    var sum = 0L;
    if (ask instanceof Ask.Chat chat) {
      for (var message : chat.body().path("messages")) {
        var content = message.path("content");
        if (content.isArray()) {
          for (var part : content) {
            sum += part.path("text").isTextual() ? 0 : PART;
          }
        }
      }
    }
    return sum;
  }

  /** All that is counted: for a chat its whole body, tools and schemas included. */
  private static String text(Ask ask) {
    var text = new StringBuilder();
    switch (ask) {
      case Ask.Prompted prompted -> {
        prompted.messages().forEach(m -> text.append(m.text()).append('\n'));
        prompted.function().output().ifPresent(s -> text.append(s.node()));
      }
      case Ask.Chat chat -> text.append(chat.body());
      case Ask.Embedding embedding -> text.append(embedding.prompt());
    }
    return text.toString();
  }
}
