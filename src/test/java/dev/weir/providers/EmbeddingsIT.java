package dev.weir.providers;

import static dev.weir.providers.Fixtures.config;
import static dev.weir.providers.Fixtures.exchange;
import static dev.weir.providers.Fixtures.target;
import static dev.weir.testing.Turn.answer;
import static dev.weir.testing.Turn.oversized;
import static dev.weir.testing.Turn.raw;
import static dev.weir.testing.Turn.vectors;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.weir.config.Mode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Ask;
import dev.weir.gateway.EmbeddingInput;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Target;
import dev.weir.gateway.Vectors;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Vectors of Perplexity and of OpenAI, over real sockets. */
class EmbeddingsIT {
  private static final String SMALL = "perplexity/pplx-embed-v1-0.6b";
  private static final String OPENAI = "openai/any-embeddings";
  private static final int SIZE = 128;

  private final FakeProvider fake = FakeProvider.start();
  private final Loop loop =
      new Loop(
          config(Mode.PROD, Fixtures.perplexity(fake.agentUri()), Fixtures.openai(fake.chatUri())));

  @AfterEach
  void close() {
    loop.close();
    fake.close();
  }

  private static Exchange asking(String model, OptionalInt dimensions, String... texts) {
    return exchange(new Ask.Embedding(List.of(texts), dimensions, true), target(model));
  }

  /** From -128 on, so that every byte has its turn. */
  private static byte[] bytes(int first) {
    var bytes = new byte[SIZE];
    for (var i = 0; i < SIZE; i++) {
      bytes[i] = (byte) (first + i);
    }
    return bytes;
  }

  private static float[] numbers(byte[] bytes) {
    var numbers = new float[bytes.length];
    for (var i = 0; i < bytes.length; i++) {
      numbers[i] = bytes[i];
    }
    return numbers;
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static List<float[]> read(Answer answer) {
    return Vectors.in(answer.data().orElseThrow());
  }

  @Test
  void perplexityIsAskedInTheOneFormThatItHasAndEachSignedByteIsANumber() {
    fake.then(vectors(bytes(-128), bytes(0)).tokens(21, 0));

    var x = asking(SMALL, OptionalInt.of(SIZE), "one", "two");
    var answer = loop.answer(x);

    var seen = fake.awaitRequest();
    assertThat(seen.path()).isEqualTo("/v1/embeddings");
    assertThat(seen.headers()).containsEntry("authorization", "Bearer " + Fixtures.KEY);
    assertThat(seen.body().toString())
        .isEqualTo(
            Json.parse(
                    """
                    {"model": "pplx-embed-v1-0.6b", "input": ["one", "two"],
                     "encoding_format": "base64_int8", "dimensions": 128}\
                    """)
                .toString());
    assertThat(read(answer)).containsExactly(numbers(bytes(-128)), numbers(bytes(0)));
    assertThat(answer.usage()).isEqualTo(Usage.of(21, 0));
    assertThat(answer.providerCost()).contains(new Usd(84));
    assertThat(x.currentAttempt().reported()).contains(Usage.of(21, 0));
  }

  @Test
  void oneTextIsAskedForAsItselfAndAsManyNumbersAsTheModelHas() {
    var answer = loop.answer(asking("perplexity/pplx-embed-v1-4b", OptionalInt.empty(), "one"));

    var body = fake.awaitRequest().body();
    assertThat(body.path("input").asText()).isEqualTo("one");
    assertThat(body.has("dimensions")).isFalse();
    assertThat(read(answer)).singleElement().satisfies(v -> assertThat(v).hasSize(2560));
  }

  @Test
  void anIndexSaysWhoseAVectorIsWhateverTheirOrder() {
    fake.then(
        raw(
            """
            {"data": [{"index": 1, "embedding": "%s"}, {"index": 0, "embedding": "%s"}],
             "usage": {"prompt_tokens": 2}}\
            """
                .formatted(base64(bytes(1)), base64(bytes(0)))));

    var answer = loop.answer(asking(SMALL, OptionalInt.of(SIZE), "one", "two"));

    assertThat(read(answer)).containsExactly(numbers(bytes(0)), numbers(bytes(1)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[{\"index\": 0, \"embedding\": \"***\"}] | is not valid base64",
        "[{\"index\": 0, \"embedding\": \"\"}] | a text has none",
        "[{\"index\": 0}] | a text has none",
        "[] | a text has none",
        "{} | no list of them",
        "null | no list of them",
        "[7] | holds something else",
        "[{\"index\": 0, \"embedding\": \"AAAA\"}] | has 3 numbers instead of 128",
        "[{\"index\": 0, \"embedding\": [1, 2]}] | of another type",
        "[{\"index\": 0, \"embedding\": 5}] | of another type",
        "[{\"index\": 0, \"embedding\": {\"a\": [1]}}] | of another type",
        "[{\"index\": 0, \"embedding\": null}] | of another type",
        "[{\"index\": 3, \"embedding\": \"GOOD\"}] | a text that was not sent",
        "[{\"index\": -1, \"embedding\": \"GOOD\"}] | a text that was not sent",
        "[{\"index\": \"0\", \"embedding\": \"GOOD\"}] | a text that was not sent",
        "[{\"index\": 99999999999999, \"embedding\": \"GOOD\"}] | a text that was not sent",
        "[{\"embedding\": \"GOOD\"}, {\"index\": 0, \"embedding\": \"GOOD\"}] | a text has two",
        "[{\"embedding\": \"GOOD\"}, {\"embedding\": \"GOOD\"}] | a text that was not sent",
        "[{\"embedding\": \"GOOD\" | no answer",
      })
  void vectorsThatWereNotAskedForAreAnErrorOfTheProviderAndOnTheBill(String data, String says) {
    fake.then(
        raw(
            "{\"usage\": {\"prompt_tokens\": 9}, \"data\": "
                + data.replace("GOOD", base64(bytes(0)))
                + "}"));

    var x = asking(SMALL, OptionalInt.of(SIZE), "one");
    var error = loop.error(x);

    assertThat(error.code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(error.message()).contains(says);
    if (!says.equals("no answer")) {
      assertThat(x.currentAttempt().reported()).contains(Usage.of(9, 0));
    }
  }

  @Test
  void aVectorOfAnotherSizeThanTheModelsIsRefusedAlsoWhereNobodyAskedForOne() {
    fake.then(vectors(bytes(0)));

    var error = loop.error(asking(SMALL, OptionalInt.empty(), "one"));

    assertThat(error.message()).contains("has 128 numbers instead of 1024");
  }

  @Test
  void aHugeVectorAndAHugeAnswerAreRefusedWithoutBeingDecoded() {
    fake.then(raw("{\"data\": [{\"embedding\": \"" + "A".repeat(1 << 20) + "\"}]}"))
        .then(oversized(EmbeddingReader.MOST_BYTES + 1));

    assertThat(loop.error(asking(SMALL, OptionalInt.empty(), "one")).message())
        .contains("more than 8192 numbers");
    var error = loop.error(asking(SMALL, OptionalInt.empty(), "one"));
    assertThat(error.code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(error.message()).contains("24 MiB");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"prompt_tokens\": -4}", "{\"prompt_tokens\": 1e30}", "[]", "7"})
  void aReportThatCannotBeIsNotBelieved(String usage) {
    fake.then(
        raw(
            "{\"data\": [{\"embedding\": \""
                + base64(bytes(0))
                + "\"}], \"usage\": "
                + usage
                + "}"));

    var answer = loop.answer(asking(SMALL, OptionalInt.of(SIZE), "one"));

    assertThat(answer.usage()).isEqualTo(Usage.NONE);
    assertThat(answer.providerCost()).isEmpty();
  }

  @Test
  void aReportOfTheTotalAloneIsBelievedSinceThereIsNoOutput() {
    fake.then(raw("{\"data\": [{\"embedding\": [1]}], \"usage\": {\"total_tokens\": 9}}"));

    var answer = loop.answer(asking(OPENAI, OptionalInt.empty(), "one"));

    assertThat(answer.usage()).isEqualTo(Usage.of(9, 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {"[1, 2, 3]", "\"AACAPwAAAEAAAEBA\""})
  void aServerThatPassesDimensionsOverIsNotBlamedForItAndNotAskedAgain(String three) {
    fake.always(
        raw(
            "{\"data\": [{\"embedding\": V}, {\"embedding\": V}], \"usage\": {\"prompt_tokens\": 9}}"
                .replace("V", three)));

    var x = asking(OPENAI, OptionalInt.of(2), "one", "two");
    var error = loop.error(x);

    assertThat(error.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(error.code().countsAgainstBreaker()).isFalse();
    assertThat(error.code().retry()).isEqualTo(ErrorCode.Retry.NEVER);
    assertThat(error.details()).containsEntry("param", "dimensions");
    assertThat(error.message()).contains("came with 3 components");
    assertThat(x.currentAttempt().reported()).contains(Usage.of(9, 0));
    assertThat(x.currentAttempt().refused()).as("it is paid for").isFalse();
  }

  @Test
  void vectorsOfDifferentSizesAreTheProvidersFaultWhateverWasWished() {
    fake.always(raw("{\"data\": [{\"embedding\": [1, 2, 3]}, {\"embedding\": [1, 2]}]}"));

    var error = loop.error(asking(OPENAI, OptionalInt.of(2), "one", "two"));

    assertThat(error.code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(error.message()).contains("has 2 numbers instead of 3");
  }

  @Test
  void anErrorUnderAGoodStatusIsTakenForWhatItIs() {
    fake.then(raw("{\"error\": {\"code\": 429, \"message\": \"slow down\"}}"))
        .then(raw("{\"error\": null, \"data\": [{\"embedding\": [1]}]}"));

    var limited = loop.error(asking(OPENAI, OptionalInt.empty(), "one"));
    var fine = loop.answer(asking(OPENAI, OptionalInt.empty(), "one"));

    assertThat(limited.code()).isEqualTo(ErrorCode.PROVIDER_RATE_LIMITED);
    assertThat(read(fine)).hasSize(1);
  }

  @Test
  void aLargeRequestIsWrittenElsewhereAndNotSentForACallThatIsCancelledMeanwhile() {
    var busy = new CountDownLatch(1);
    var occupied = loop.occupyLargeWork(busy);
    var x = asking(OPENAI, OptionalInt.empty(), "word ".repeat(100_000));
    var asked = loop.ask(x);
    loop.run(() -> x.cancellation().cancel(AIError.of(ErrorCode.CANCELLED, "gone")));
    busy.countDown();
    Loop.await(occupied);

    assertThat(Loop.failure(asked).code()).isEqualTo(ErrorCode.CANCELLED);
    assertThat(x.currentAttempt().sent()).isFalse();
    assertThat(loop.answer(asking(OPENAI, OptionalInt.empty(), "word ".repeat(100_000))).data())
        .isPresent();
    assertThat(fake.requests()).hasSize(1);
  }

  @Test
  void whatPerplexityRefusesIsTheCallersMistake() {
    var tooFew = loop.error(asking(SMALL, OptionalInt.of(64), "one"));
    var tooMany =
        loop.error(
            asking(
                SMALL,
                OptionalInt.empty(),
                Stream.generate(() -> "x").limit(513).toArray(String[]::new)));

    assertThat(tooFew.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(tooFew.message()).contains("'dimensions'");
    assertThat(tooMany.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
    assertThat(tooMany.message()).contains("'input'");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void openaiIsAskedAsTheCallerAskedAndBothFormsGiveTheSameNumbers(boolean packed) {
    fake.then(vectors(bytes(-128)));

    var ask = new Ask.Embedding(List.of("one"), OptionalInt.empty(), packed);
    var answer = loop.answer(exchange(ask, target(OPENAI)));

    assertThat(fake.awaitRequest().body().path("encoding_format").asText())
        .isEqualTo(packed ? "base64" : "float");
    var expected = numbers(bytes(-128));
    for (var i = 0; i < expected.length; i++) {
      expected[i] /= 128;
    }
    assertThat(read(answer)).containsExactly(expected);
  }

  @Test
  void aServerThatKnowsNumbersOnlyIsUnderstoodWhateverWasAsked() {
    fake.then(raw("{\"data\": [{\"embedding\": [1, -2.5, 1e-3]}]}"));

    var answer = loop.answer(asking(OPENAI, OptionalInt.empty(), "one"));

    assertThat(read(answer)).containsExactly(new float[] {1, -2.5f, 0.001f});
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1, \"2\"] | no number",
        "[1, null] | no number",
        "[1, [2]] | no number",
        "[1, 1e999] | without bounds",
        "[] | a text has none",
        "\"AAAAAA==\" | instead of 2",
        "\"AAAA\" | in the middle of a number",
      })
  void numbersThatAreNoneAreAnErrorOfTheProvider(String vector, String says) {
    fake.then(raw("{\"data\": [{\"embedding\": [1, 2]}, {\"embedding\": " + vector + "}]}"));

    var error = loop.error(asking(OPENAI, OptionalInt.empty(), "one", "two"));

    assertThat(error.code()).isEqualTo(ErrorCode.PROVIDER_ERROR);
    assertThat(error.message()).contains(says);
  }

  @Test
  void anAnswerThatIsNoneIsAnErrorOfTheProvider() {
    fake.then(raw("[]")).then(raw("")).then(raw("<html>"));

    for (var i = 0; i < 3; i++) {
      assertThat(loop.error(asking(SMALL, OptionalInt.empty(), "one")).code())
          .isEqualTo(ErrorCode.PROVIDER_ERROR);
    }
  }

  @Test
  void theSandboxGivesAsManyNumbersAsTheModelThatItStandsForOrAsWereAskedFor() {
    fake.always(answer("is not asked"));
    var stoodFor = new Target(target(SMALL).model(), "sandbox", true, false, Optional.empty());

    var whole =
        loop.answer(
            exchange(new Ask.Embedding(List.of("a", "b"), OptionalInt.empty(), false), stoodFor));
    var fewer =
        loop.answer(
            exchange(new Ask.Embedding(List.of("a"), OptionalInt.of(200), false), stoodFor));
    var own = loop.answer(asking("sandbox/plain", OptionalInt.empty(), "a"));

    assertThat(read(whole)).extracting(v -> v.length).containsExactly(1024, 1024);
    assertThat(Arrays.equals(read(whole).getFirst(), read(whole).getLast())).isFalse();
    assertThat(whole.usage()).isEqualTo(Usage.of(1, 0));
    assertThat(read(fewer).getFirst()).hasSize(200);
    assertThat(read(own).getFirst()).hasSize(256);
    assertThat(fake.requests()).isEmpty();
  }

  private static Ask.Embedding tokens(String lists) {
    var array = (ArrayNode) Json.parse(lists);
    return new Ask.Embedding(
        new EmbeddingInput.Tokens(array, array.size()), OptionalInt.empty(), false);
  }

  @Test
  void tokensGoToOpenaiAsTheyCameAndThoseOfOneTextAsOneList() {
    var two = loop.answer(exchange(tokens("[[1, 2], [100000]]"), target(OPENAI)));
    var one = loop.answer(exchange(tokens("[[3, 4]]"), target(OPENAI)));

    assertThat(fake.awaitRequest().body().path("input").toString()).isEqualTo("[[1,2],[100000]]");
    assertThat(fake.awaitRequest().body().path("input").toString()).isEqualTo("[3,4]");
    assertThat(read(two)).hasSize(2);
    assertThat(read(one)).hasSize(1);
  }

  @Test
  void perplexityIsNotAskedAboutTokensNorIsTheSandboxInItsPlace() {
    var stoodFor = new Target(target(SMALL).model(), "sandbox", true, false, Optional.empty());

    for (var target : List.of(target(SMALL), stoodFor)) {
      var x = exchange(tokens("[[1, 2]]"), target);
      var error = loop.error(x);

      assertThat(error.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
      assertThat(error.message()).contains("takes texts only", "check_embedding_ctx_length=False");
      assertThat(x.currentAttempt().sent()).isFalse();
    }
    assertThat(fake.requests()).isEmpty();
  }

  @Test
  void theSandboxMakesLargeVectorsOnAnotherThreadAndSmallOnesThereAndThen() {
    var busy = new CountDownLatch(1);
    var occupied = loop.occupyLargeWork(busy);
    try {
      var many = loop.ask(exchange(many(100, 1024), target("sandbox/plain")));
      var ofLongText =
          loop.ask(asking("sandbox/plain", OptionalInt.empty(), "word ".repeat(100_000)));

      assertThat(read(loop.answer(asking("sandbox/plain", OptionalInt.empty(), "a")))).hasSize(1);
      // Longer than the sandbox thinks.
      Loop.await(loop.after(100, () -> {}));
      assertThat(many.isDone()).as("the loop is free, the call is not done").isFalse();
      assertThat(ofLongText.isDone()).isFalse();
      busy.countDown();

      assertThat(Loop.await(many)).isInstanceOf(Reply.Whole.class);
      assertThat(Loop.await(ofLongText)).isInstanceOf(Reply.Whole.class);
    } finally {
      busy.countDown();
    }
    Loop.await(occupied);
  }

  @Test
  void theSandboxTakesTokensAsWordsAndCountsThem() {
    var two = new EmbeddingInput.Tokens((ArrayNode) Json.parse("[[1, 2], [2, 1]]"), 4);
    var ask = new Ask.Embedding(two, OptionalInt.empty(), false);

    var answer = loop.answer(exchange(ask, target("sandbox/trigrams")));

    assertThat(answer.usage()).isEqualTo(Usage.of(4, 0));
    assertThat(read(answer)).hasSize(2);
    assertThat(read(answer).getFirst()).isEqualTo(read(answer).getLast());
  }

  private static Ask.Embedding many(int texts, int dimensions) {
    return new Ask.Embedding(
        Stream.generate(() -> "x").limit(texts).toList(), OptionalInt.of(dimensions), false);
  }

  @Test
  void moreThanFitsIntoAnAnswerIsRefusedBeforeItIsPaidFor() {
    for (var model : List.of(OPENAI, "sandbox/plain")) {
      var x = exchange(many(2048, 3072), target(model));
      var error = loop.error(x);

      assertThat(error.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
      assertThat(error.message()).contains("send at most 1024 at once");
      assertThat(x.currentAttempt().sent()).isFalse();
    }
    assertThat(fake.requests()).isEmpty();
  }

  @Test
  void numbersThatWouldNotFitIntoAnAnswerAsTextAreAskedForPacked() {
    var most = loop.answer(exchange(many(2048, 1536), target(OPENAI)));
    loop.answer(exchange(many(2048, 100), target(OPENAI)));

    assertThat(fake.awaitRequest().body().path("encoding_format").asText()).isEqualTo("base64");
    assertThat(fake.awaitRequest().body().path("encoding_format").asText()).isEqualTo("float");
    assertThat(most.data().orElseThrow()).hasSize(2048);
  }

  @Test
  void aLargeAnswerIsReadOnAnotherThreadAndACancelledCallDoesNotWaitForIt() {
    var busy = new CountDownLatch(1);
    var occupied = loop.occupyLargeWork(busy);
    try {
      var x = exchange(many(100, SIZE * 64), target(OPENAI));
      var asked = loop.ask(x);
      fake.awaitRequest();
      Eventually.until("the answer is there", () -> fake.active() == 0);
      loop.run(() -> assertThat(asked).as("the loop is free, the call is not done").isNotDone());

      loop.run(() -> x.cancellation().cancel(AIError.of(ErrorCode.CANCELLED, "gone")));

      assertThat(Loop.failure(asked).code()).isEqualTo(ErrorCode.CANCELLED);
    } finally {
      busy.countDown();
    }
    Loop.await(occupied);
    assertThat(read(loop.answer(exchange(many(100, SIZE * 64), target(OPENAI))))).hasSize(100);
  }
}
