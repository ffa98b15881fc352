package dev.weir.providers;

import static dev.weir.providers.Fixtures.chat;
import static dev.weir.providers.Fixtures.config;
import static dev.weir.providers.Fixtures.exchange;
import static dev.weir.providers.Fixtures.provider;
import static dev.weir.providers.Fixtures.target;
import static dev.weir.testing.Turn.answer;
import static dev.weir.testing.Turn.flood;
import static dev.weir.testing.Turn.garbage;
import static dev.weir.testing.Turn.hang;
import static dev.weir.testing.Turn.oversized;
import static dev.weir.testing.Turn.reset;
import static dev.weir.testing.Turn.status;
import static dev.weir.testing.Turn.stream;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.Mode;
import dev.weir.config.ProviderSettings;
import dev.weir.config.ProviderSettings.Protocol;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Secret;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.FaultyProxy;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What every provider's connection promises: it can be stopped, it is bounded, it tells nothing.
 */
class UpstreamsIT {
  private static final AIError GONE = AIError.of(ErrorCode.CANCELLED, "The caller went away.");

  private final FakeProvider fake = FakeProvider.start();
  private final Loop loop = loop(fake.agentUri(), 4, 4);

  @AfterEach
  void close() {
    loop.close();
    fake.close();
  }

  @Test
  void aCallThatWaitsForAConnectionLeavesTheQueueWhenItIsCancelled() {
    try (var narrow = loop(fake.agentUri(), 1, 1)) {
      fake.then(hang());
      var first = call(false);
      var second = call(false);
      var hanging = narrow.ask(first);
      fake.awaitRequest();
      var waiting = narrow.ask(second);

      narrow.run(() -> second.cancellation().cancel(GONE));

      assertThat(Loop.failure(waiting)).isSameAs(GONE);
      assertThat(second.currentAttempt().sent()).isFalse();
      var third = narrow.ask(call(false));
      narrow.run(() -> first.cancellation().cancel(GONE));
      assertThat(Loop.failure(hanging)).isSameAs(GONE);
      assertThat(Loop.await(third)).isInstanceOf(Reply.Whole.class);
      assertThat(fake.requests()).hasSize(2);
    }
  }

  @Test
  void aCallThatConnectsEndsWhenItIsCancelled() {
    try (var proxy = FaultyProxy.before(fake.port()).blackHole(true);
        var tls = loop(URI.create("https://127.0.0.1:" + proxy.port()), 1, 4)) {
      var x = call(false);
      var connecting = tls.ask(x);

      tls.run(() -> x.cancellation().cancel(GONE));

      assertThat(Loop.failure(connecting)).isSameAs(GONE);
      assertThat(x.currentAttempt().sent()).isFalse();
      assertThat(fake.requests()).isEmpty();
    }
  }

  @Test
  void aCallThatWaitsForTheHeadIsResetWhenItIsCancelled() {
    fake.then(hang());
    var x = call(false);
    var hanging = loop.ask(x);
    fake.awaitRequest();

    loop.run(() -> x.cancellation().cancel(GONE));

    assertThat(Loop.failure(hanging)).isSameAs(GONE);
    fake.awaitReset();
    assertThat(x.currentAttempt().sent()).isTrue();
  }

  @Test
  void aStreamIsResetInMidBodyWhenItIsCancelled() {
    fake.then(stream("a", "b", "c").stallAfter(2));
    var x = call(true);
    var gathered = loop.stream(x);
    gathered.awaitPart();

    loop.run(() -> x.cancellation().cancel(GONE));

    assertThat(gathered.awaitFailure()).isSameAs(GONE);
    fake.awaitReset();
    assertThat(x.currentAttempt().produced().toString()).startsWith("a");
  }

  @Test
  void aStreamThatRestsIsResetAllTheSame() {
    fake.then(flood());
    var x = call(true);
    var stream = ((Reply.Streamed) loop.reply(x)).stream();
    fake.awaitFull();

    loop.run(() -> x.cancellation().cancel(GONE));

    fake.awaitReset();
    assertThat(loop.gather(stream).awaitFailure()).isSameAs(GONE);
  }

  @Test
  void aCallThatWasCancelledBeforeIsNeverSent() {
    var x = call(false);
    x.cancellation().cancel(GONE);

    assertThat(loop.error(x)).isSameAs(GONE);
    assertThat(fake.requests()).isEmpty();
  }

  @Test
  void aReaderThatRestsStopsTheProvidersSocket() {
    fake.then(flood());
    var x = call(true);
    var stream = ((Reply.Streamed) loop.reply(x)).stream();
    var sink = new Pausing(stream);
    loop.run(() -> stream.start(sink));
    Loop.await(sink.first);
    fake.awaitFull();
    var atRest = sink.count;
    var written = fake.written();

    loop.run(stream::resume);
    Loop.await(sink.more);

    assertThat(atRest).isEqualTo(1);
    // Socket buffers on both sides, and one chunk: bounded, however long the stream is.
    assertThat(written).isLessThan(16 << 20);
    loop.run(() -> x.cancellation().cancel(GONE));
    fake.awaitReset();
  }

  @Test
  void callsBeyondTheQueueAreRefused() {
    try (var narrow = loop(fake.agentUri(), 1, 1)) {
      fake.always(hang());
      var calls = new ArrayList<CompletableFuture<Reply>>();
      for (var i = 0; i < 3; i++) {
        calls.add(narrow.ask(call(false)));
      }

      assertThat(Loop.failure(calls.get(2)).code()).isEqualTo(ErrorCode.OVERLOADED);
      assertThat(calls.get(1)).isNotDone();
    }
  }

  @Test
  void noMoreCallsAreUnderWayThanThereAreConnections() {
    try (var wide = loop(fake.agentUri(), 3, 100)) {
      fake.always(answer("hi").after(Duration.ofMillis(20)));
      var calls = new ArrayList<CompletableFuture<Reply>>();
      for (var i = 0; i < 30; i++) {
        calls.add(wide.ask(call(i % 2 == 0)).thenApply(reply -> started(reply)));
      }

      calls.forEach(Loop::await);

      assertThat(fake.highWater()).isLessThanOrEqualTo(3);
      assertThat(fake.connections()).isLessThanOrEqualTo(6);
    }
  }

  @Test
  void aConnectionIsUsedAgainAfterWholeAnswersAndStreams() {
    // One connection at a time: a call whose answer is here may still hold it for its last bytes,
    // and the next one waits for that. More than one were accepted only if one was not kept.
    try (var single = loop(fake.agentUri(), 1, 4)) {
      single.answer(call(false));
      single.stream(call(true)).awaitEnd();
      single.answer(call(false));
    }

    assertThat(fake.connections()).isEqualTo(1);
  }

  @Test
  void callsThatWaitOrComeWhileItsConnectionsCloseAreToldThatTheNodeGoesDown() {
    try (var narrow = loop(fake.agentUri(), 1, 2)) {
      fake.then(hang());
      var hanging = narrow.ask(call(false));
      fake.awaitRequest();
      var next = narrow.ask(call(false));
      var last = narrow.ask(call(false));

      narrow.closeUpstreams();

      assertThat(Loop.failure(hanging).code()).isEqualTo(ErrorCode.PROVIDER_UNREACHABLE);
      assertThat(Loop.failure(next).code()).isEqualTo(ErrorCode.DRAINING);
      assertThat(Loop.failure(last).code()).isEqualTo(ErrorCode.DRAINING);
      var late = call(false);
      assertThat(narrow.error(late).code()).isEqualTo(ErrorCode.DRAINING);
      assertThat(late.currentAttempt().sent()).isFalse();
      assertThat(narrow.unhandled()).isEmpty();
      assertThat(fake.requests()).hasSize(1);
    }
  }

  @Test
  void aCallThatConnectsWhileItsConnectionsCloseIsUnreachable() {
    try (var proxy = FaultyProxy.before(fake.port()).blackHole(true);
        var tls = loop(URI.create("https://127.0.0.1:" + proxy.port()), 1, 4)) {
      var connecting = tls.ask(call(false));
      var waiting = tls.ask(call(false));

      tls.closeUpstreams();

      assertThat(Loop.failure(connecting).code()).isEqualTo(ErrorCode.PROVIDER_UNREACHABLE);
      assertThat(Loop.failure(waiting).code()).isEqualTo(ErrorCode.DRAINING);
      assertThat(tls.unhandled()).isEmpty();
    }
  }

  @Test
  void aProviderThatIsNotThereIsUnreachable() {
    try (var nowhere = loop(URI.create("http://127.0.0.1:1"), 1, 1)) {
      var x = call(false);
      var error = nowhere.error(x);

      assertThat(error.code()).isEqualTo(ErrorCode.PROVIDER_UNREACHABLE);
      assertThat(error.message()).doesNotContain("127.0.0.1");
      assertThat(x.currentAttempt().sent()).isFalse();
    }
  }

  @Test
  void connectionsThatBreakAreUnreachable() {
    fake.then(reset());
    try (var proxy = FaultyProxy.before(fake.port()).cutAfter(60);
        var faulty = loop(URI.create("http://127.0.0.1:" + proxy.port()), 1, 1)) {
      assertThat(loop.error(call(false)).code()).isEqualTo(ErrorCode.PROVIDER_UNREACHABLE);
      assertThat(faulty.error(call(false)).code()).isEqualTo(ErrorCode.PROVIDER_UNREACHABLE);
      proxy.heal().halfCloseAfter(60);
      assertThat(faulty.error(call(false)).code()).isEqualTo(ErrorCode.PROVIDER_UNREACHABLE);
      proxy.heal();
      assertThat(faulty.answer(call(false)).text()).isNotEmpty();
    }
  }

  @Test
  void answersThatAreNoneAreErrorsOfTheProvider() {
    fake.then(garbage()).then(oversized(17 << 20)).then(answer("").body("[]"));
    try (var proxy = FaultyProxy.before(fake.port()).garbage(true);
        var faulty = loop(URI.create("http://127.0.0.1:" + proxy.port()), 1, 1)) {
      assertThat(loop.error(call(false)).code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
      assertThat(loop.error(call(false)).message()).contains("16 MiB");
      assertThat(faulty.error(call(false)).code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    }
  }

  @Test
  void redirectsAreNotFollowed() {
    fake.then(status(307).header("location", "http://127.0.0.1:1/elsewhere"));

    var error = loop.error(call(false));

    assertThat(error.code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(error.message()).contains("redirect");
    assertThat(fake.requests()).hasSize(1);
  }

  @Test
  void errorsAreOfTheCatalogueAndTellNothingOfTheProvider() {
    fake.then(status(400).errorCode("invalid_request").errorParam("top_p"))
        .then(status(401))
        .then(status(403))
        .then(status(404))
        .then(status(413))
        .then(status(429).retryAfter(2))
        .then(status(500))
        .then(status(503).header("retry-after-ms", "1500"));
    var codes = new ArrayList<ErrorCode>();
    for (var i = 0; i < 8; i++) {
      var x = call(i % 2 == 0);
      var error = loop.error(x);
      codes.add(error.code());
      assertThat(error.message() + error.details())
          .doesNotContain("SECRET", "127.0.0.1", Fixtures.KEY, "" + fake.port());
      assertThat(x.currentAttempt().refused()).isTrue();
      if (i == 0) {
        assertThat(error.message()).contains("'top_p'");
      }
      if (i == 5) {
        assertThat(error.retryAfter()).contains(Duration.ofSeconds(2));
      }
      if (i == 7) {
        assertThat(error.retryAfter()).contains(Duration.ofMillis(1500));
      }
    }

    assertThat(codes)
        .containsExactly(
            ErrorCode.INVALID_REQUEST,
            ErrorCode.PROVIDER_AUTH,
            ErrorCode.PROVIDER_AUTH,
            ErrorCode.NOT_FOUND,
            ErrorCode.PAYLOAD_TOO_LARGE,
            ErrorCode.PROVIDER_RATE_LIMITED,
            ErrorCode.PROVIDER_ERROR,
            ErrorCode.PROVIDER_ERROR);
  }

  /** A stream holds its connection until it is read. */
  private static Reply started(Reply reply) {
    if (reply instanceof Reply.Streamed streamed) {
      streamed.stream().start(new Loop.Gathered());
    }
    return reply;
  }

  private static Exchange call(boolean stream) {
    return exchange(chat("hi", stream), target("perplexity/sonar"));
  }

  private static Loop loop(URI base, int connections, int waiting) {
    return new Loop(config(Mode.PROD, settings(base, connections, waiting)));
  }

  private static ProviderSettings settings(URI base, int connections, int waiting) {
    var key = Optional.of(new Secret(Fixtures.KEY));
    return provider("perplexity", Protocol.AGENT, base, key, connections, waiting);
  }

  /** Rests after its first part. */
  private static final class Pausing implements AnswerStream.Sink {
    private final AnswerStream stream;
    final CompletableFuture<Void> first = new CompletableFuture<>();
    final CompletableFuture<Void> more = new CompletableFuture<>();
    volatile int count;

    Pausing(AnswerStream stream) {
      this.stream = stream;
    }

    @Override
    public void part(AnswerStream.Part part) {
      var now = count + 1;
      count = now;
      if (now == 1) {
        stream.pause();
        first.complete(null);
      } else if (now > 200) {
        more.complete(null);
      }
    }

    @Override
    public void end(dev.weir.gateway.Answer answer) {
      more.completeExceptionally(new AssertionError("it ended"));
    }

    @Override
    public void fail(AIError error) {
      more.completeExceptionally(error);
    }
  }
}
