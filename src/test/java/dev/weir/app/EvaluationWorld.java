package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import dev.weir.testing.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * A Weir with a function {@code quiz} whose answers are known, since the sandbox says what its
 * prompt tells it to; versions of it may ask the fake provider instead.
 */
final class EvaluationWorld implements AutoCloseable {
  private static final String FUNCTION =
      """
      name: quiz
      description: says what it is asked
      model: %s
      prompt:
        user: '%s'
      input:
        type: object
        additionalProperties: false
        required: [question]
        properties:
          question: {type: string, maxLength: 40}
      output:
        type: object
        additionalProperties: false
        required: [answer]
        properties:
          answer: {type: string}
      repair: {second_ask: false}
      retry: {max_attempts: 1}
      timeout_ms: {default: 30000, max: 60000}
      store: {share: 1, ttl_days: 7}
      example: {question: why}
      """;

  private static final String JUDGE =
      """
      name: %s
      description: gives everybody the same
      model: sandbox/echo
      prompt:
        user: '%s'
      input:
        type: object
        additionalProperties: false
        required: [input, answer]
        properties:
          input: {type: string}
          answer: {type: string}
      output:
        type: object
        additionalProperties: false
        required: [score]
        properties:
          score: {type: number, minimum: 0, maximum: 1}
      repair: {second_ask: false}
      example: {input: a, answer: b}
      """;

  final TestDatabase database;
  final FakeProvider fake = FakeProvider.start();
  final Management one;

  /** The version that is served: it answers with the question. */
  final String repeats;

  EvaluationWorld(TestDatabase database, Path folder) {
    this.database = database;
    try {
      Files.writeString(
          folder.resolve("quiz.yaml"),
          FUNCTION.formatted("sandbox/echo", "{\"answer\": \"{{question}}\"}"));
      Files.writeString(folder.resolve("mild.yaml"), JUDGE.formatted("mild", "{\"score\": 0.75}"));
      Files.writeString(
          folder.resolve("mute.yaml"), JUDGE.formatted("mute", "{\"score\": \"I cannot say\"}"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    this.one =
        new Management(RunningWeir.start(database, fake, "WEIR_FUNCTIONS_DIR", folder.toString()));
    this.repeats = one.weir().get("/v1/functions/quiz").json().at("/data/version").asText();
  }

  /** A version that answers what its prompt says. */
  String version(String prompt) {
    return version("sandbox/echo", prompt);
  }

  String version(String model, String prompt) {
    return made(FUNCTION.formatted(model, prompt));
  }

  /** A version whose answers may have so many letters at most. */
  String brief(String prompt, int letters) {
    var any = "answer: {type: string}";
    var source = FUNCTION.formatted("sandbox/echo", prompt);
    return made(source.replace(any, any.replace("}", ", maxLength: " + letters + "}")));
  }

  private String made(String source) {
    var made =
        one.post("/api/prompts/quiz/versions", Json.object().put("source", source).toString());
    assertThat(made.status()).as(made.raw().body()).isEqualTo(201);
    return made.json().path("version").asText();
  }

  /** Stores a content as if a call had; the answer is a text, or null for an error. */
  UUID store(String user, String question, String answer) {
    var id = UUID.randomUUID();
    database.execute(
        """
        INSERT INTO stored_contents (id, user_id, function_name, function_version, kind, model, input, output, error_code,
          cost_usd, latency_ms, expires_at)
        VALUES (?, ?, 'quiz', '000000000000', 'call', 'sandbox/echo', convert_to(?, 'UTF8'), convert_to(?, 'UTF8'), ?,
          0.002, 120, now() + interval '9 days')
        """,
        id,
        user,
        Json.object().put("question", question).toString(),
        answer == null ? null : Json.object().put("answer", answer).toString(),
        answer == null ? "TIMEOUT" : null);
    return id;
  }

  String begin(ObjectNode order) {
    var began = one.post("/api/evaluations", order.toString());
    assertThat(began.status()).as(began.raw().body()).isEqualTo(202);
    return began.json().path("name").asText();
  }

  JsonNode evaluate(ObjectNode order) {
    return ended(begin(order));
  }

  JsonNode ended(String name) {
    Eventually.until(
        "the evaluation " + name + " ends",
        () -> show(name).has("report") && show(name).path("ended_at").isTextual());
    return show(name);
  }

  JsonNode show(String name) {
    return one.get("/api/evaluations/" + name).json();
  }

  /** So many requests get this answer, and those after them none for as long as it may take. */
  void answerOnly(int requests, Turn answer) {
    fake.always(Turn.hang());
    IntStream.range(0, requests).forEach(_ -> fake.then(answer));
  }

  static ObjectNode order(String candidate, String... scorers) {
    var order = Json.object().put("function", "quiz").put("candidate", candidate);
    for (var scorer : scorers) {
      order.withArray("scorers").add(scorer);
    }
    return order;
  }

  static ObjectNode cases(ObjectNode order, int many, IntFunction<String> user) {
    var cases = order.putArray("cases");
    for (var i = 0; i < many; i++) {
      var one = cases.addObject();
      one.putObject("input").put("question", "question " + i);
      one.putObject("expected").put("answer", "question " + i);
      if (!user.apply(i).isEmpty()) {
        one.put("user", user.apply(i));
      }
    }
    return order;
  }

  @Override
  public void close() {
    one.close();
    fake.close();
  }
}
