package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.AttemptRecord;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import dev.weir.testing.Eventually;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EmbedderTest {
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() {
    vertx.close().await();
  }

  @Test
  void valuesOfTheSameNameInOtherPlacesAreOtherInputs() {
    assertThat(Embedder.text(Json.parse("{\"from\": {\"city\": \"Rome\"}}")))
        .isNotEqualTo(Embedder.text(Json.parse("{\"to\": {\"city\": \"Rome\"}}")));
  }

  @Test
  void orderCaseAndWhiteSpaceDoNotMatter() {
    assertThat(Embedder.text(Json.parse("{\"a\": \"Two  words\", \"b\": [1, 2]}")))
        .isEqualTo(Embedder.text(Json.parse("{\"b\": [1, 2], \"a\": \" two words\"}")))
        .contains("a: two words\nb: 1\nb: 2\n");
  }

  @Test
  void longInputsThatBeginAlikeAreNotCompared() {
    assertThat(Embedder.text(Json.object().put("a", "x".repeat(8_000)))).isEmpty();
  }

  @Test
  void anAttemptThatTakesTooLongIsResetAndOnTheBillBeforeTheCallGoesOn() {
    var x = Exchanges.chat("perplexity/sonar");
    // What is below ends with the cancellation, and only then knows what it cost.
    Stage below =
        (asking, _) -> {
          var promise = Promise.<Reply>promise();
          asking
              .cancellation()
              .onCancel(
                  why -> {
                    asking.tally().add(line(asking));
                    promise.fail(why);
                  });
          return promise.future();
        };

    var vector = embedder(below).embed(x, Json.object().put("a", "hello"));

    Eventually.until("it is given up", vector::isComplete);
    assertThat(AIError.from(vector.cause()).code()).isEqualTo(ErrorCode.TIMEOUT);
    assertThat(x.tally().cost()).isEqualTo(new Usd(7));
    assertThat(x.cancellation().reason()).as("the call itself goes on").isEmpty();
  }

  @Test
  void aCallThatIsCancelledEndsItsEmbeddingToo() {
    var x = Exchanges.chat("perplexity/sonar");
    var reasons = new ArrayList<ErrorCode>();
    Stage below =
        (asking, _) -> {
          asking.cancellation().onCancel(why -> reasons.add(why.code()));
          return Promise.<Reply>promise().future();
        };
    new Embedder(
            vertx,
            Chain.of(List.of(below)),
            Exchanges.target("openai/embeds"),
            Clock.system(),
            Duration.ofHours(1))
        .embed(x, Json.object().put("a", "hello"));

    x.cancellation().cancel(AIError.of(ErrorCode.CANCELLED, "gone"));

    assertThat(reasons).containsExactly(ErrorCode.CANCELLED);
  }

  private Embedder embedder(Stage below) {
    return new Embedder(
        vertx,
        Chain.of(List.of(below)),
        Exchanges.target("openai/embeds"),
        Clock.system(),
        Duration.ofMillis(5));
  }

  private static AttemptRecord line(Exchange x) {
    return new AttemptRecord(
        x.currentAttempt().id(),
        x.currentAttempt().target(),
        Instant.EPOCH,
        Optional.of(ErrorCode.TIMEOUT),
        Duration.ZERO,
        Usage.NONE,
        Optional.of(new Usd(7)),
        Optional.empty());
  }
}
