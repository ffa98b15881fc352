package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.prompts.FunctionText;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Versions and labels as an administrator moves them, on two replicas of one database. */
@ExtendWith(TestDatabase.Extension.class)
class PromptRegistryIT {
  private static final String FUNCTION = "linkedin-post";
  private static final String VERSIONS = "/api/prompts/" + FUNCTION + "/versions";
  private static final String LABELS = "/api/prompts/" + FUNCTION + "/labels/";

  private static Management one;
  private static Management other;

  @BeforeAll
  static void start(TestDatabase database) {
    one = new Management(RunningWeir.sandboxed(database));
    other = new Management(RunningWeir.sandboxed(database));
  }

  @AfterAll
  static void stop() {
    one.close();
    other.close();
  }

  @Test
  void whatTheFilesHaveIsKeptAsAVersion() {
    var served = served(one, FUNCTION);

    var version = one.get(VERSIONS + "/" + served).json();

    assertThat(version.path("origin").asText()).isEqualTo("file");
    assertThat(version.path("source").asText()).contains("name: linkedin-post");
    assertThat(version.path("definition").path("prompt").path("user").asText()).isNotBlank();
  }

  @Test
  void aVersionThatIsMadeFromAnotherKeepsTheOrderOfItsSchemas() {
    var base = served(one, FUNCTION);

    var made = add(base, "{\"parameters\": {\"temperature\": 0.15}}");

    assertThat(made.at("/definition/output").toString())
        .isEqualTo(
            FunctionText.tree(one.get(VERSIONS + "/" + base).json().path("source").asText())
                .path("output")
                .toString());
  }

  @Test
  void aVersionIsMadeFromAnotherAndTheDifferenceIsTold() {
    var base = served(one, FUNCTION);

    var made = add(base, "{\"parameters\": {\"temperature\": 0.1}}");

    assertThat(made.path("version").asText()).isNotEqualTo(base);
    assertThat(made.path("parent").asText()).isEqualTo(base);
    assertThat(made.path("author").asText()).isEqualTo("ann");
    var diff =
        one.get("/api/prompts/" + FUNCTION + "/diff?from=" + base + "&to=" + version(made)).json();
    assertThat(diff.path("changes")).hasSize(1);
    assertThat(diff.path("changes").get(0).path("path").asText())
        .isEqualTo("$.parameters.temperature");
    assertThat(diff.path("changes").get(0).path("to").decimalValue()).isEqualByComparingTo("0.1");
  }

  @Test
  void theSameContentIsTheSameVersionAndKeepsItsFirstNote() {
    var base = served(one, FUNCTION);
    var first = add(base, "{\"parameters\": {\"temperature\": 0.2}}", "first");

    var again = add(base, "{\"parameters\": {\"temperature\": 0.2}}", "second");

    assertThat(version(again)).isEqualTo(version(first));
    assertThat(again.path("note").asText()).isEqualTo("first");
  }

  @Test
  void productionMovesOnBothReplicasAndComesBack() {
    var function = "cover-letter";
    var base = served(one, function);
    var labels = "/api/prompts/" + function + "/labels/production";
    var second = version(addTo(function, base, "{\"parameters\": {\"temperature\": 0.3}}", ""));
    var third = version(addTo(function, base, "{\"parameters\": {\"temperature\": 0.4}}", ""));

    assertThat(one.put(labels, "{\"version\": \"" + second + "\"}").status()).isEqualTo(200);
    assertThat(served(one, function)).isEqualTo(second);
    awaitServed(other, function, second);
    other.put(labels, "{\"version\": \"" + third + "\"}");
    awaitServed(one, function, third);
    var called = one.weir().callFunction(function);

    assertThat(called.json().at("/meta/version").asText()).isEqualTo(third);
    one.post(labels + "/rollback", "{}");
    awaitServed(other, function, second);
    one.post(labels + "/rollback", "{}");
    awaitServed(other, function, base);
    assertThat(one.post(labels + "/rollback", "{}").status()).isEqualTo(409);
  }

  @Test
  void rollbacksGoBackStepByStepAndEndWhereItBegan() {
    var function = "interview-prep";
    var base = served(one, function);
    var labels = "/api/prompts/" + function + "/labels/stable";
    var v1 = version(addTo(function, base, "{\"parameters\": {\"temperature\": 0.51}}", ""));
    var v2 = version(addTo(function, base, "{\"parameters\": {\"temperature\": 0.52}}", ""));
    for (var version : List.of(v1, v2, v1)) {
      one.put(labels, "{\"version\": \"" + version + "\", \"note\": \"on\"}");
    }
    one.delete(labels);

    var stops = new java.util.ArrayList<String>();
    for (var n = 0; n < 4; n++) {
      var back = one.post(labels + "/rollback", "{}");
      assertThat(back.status()).as(back.raw().body()).isEqualTo(200);
      stops.add(back.json().at("/labels/stable").asText("nowhere"));
    }

    assertThat(stops).containsExactly(v1, v2, v1, "nowhere");
    assertThat(one.post(labels + "/rollback", "{}").status()).isEqualTo(409);
    var moves = one.get(labels + "/moves").json().path("moves");
    assertThat(moves).hasSize(8);
    assertThat(moves.get(0).path("rollback").asBoolean()).isTrue();
    assertThat(moves.get(0).path("by").asText()).isNotBlank();
    assertThat(moves.get(7).path("note").asText()).isEqualTo("on");
    assertThat(moves.get(7).path("to").asText()).isEqualTo(v1);
    assertThat(moves.get(7).path("undone_at").asText()).startsWith("20");
    assertThat(one.get(labels + "/moves?limit=2").json().path("moves")).hasSize(2);
  }

  @Test
  void aMoveAfterARollbackIsTakenBackBeforeWhatStoodBefore() {
    var function = "interview-prep";
    var base = served(one, function);
    var labels = "/api/prompts/" + function + "/labels/mixed";
    var v1 = version(addTo(function, base, "{\"parameters\": {\"temperature\": 0.53}}", ""));
    var v2 = version(addTo(function, base, "{\"parameters\": {\"temperature\": 0.54}}", ""));
    one.put(labels, "{\"version\": \"" + v1 + "\"}");
    one.put(labels, "{\"version\": \"" + v2 + "\"}");
    one.post(labels + "/rollback", "{}");
    one.put(labels, "{\"version\": \"" + base + "\"}");

    var first = one.post(labels + "/rollback", "{\"note\": \"worse\"}").json();
    var second = one.post(labels + "/rollback", "{}").json();

    assertThat(first.at("/labels/mixed").asText()).isEqualTo(v1);
    assertThat(second.path("labels").has("mixed")).isFalse();
    assertThat(one.get(labels + "/moves").json().at("/moves/1/note").asText()).isEqualTo("worse");
  }

  @Test
  void aRollbackToWhatCannotBeServedMovesNothing(TestDatabase database) {
    var function = "resume-generation";
    var base = served(one, function);
    var labels = "/api/prompts/" + function + "/labels/gone";
    database.execute(
        "INSERT INTO prompt_versions (function_name, function_version, content_hash, definition,"
            + " source, origin) SELECT function_name, 'aaaaaaaaaaaa', content_hash, definition,"
            + " regexp_replace(source, 'model: *[^[:space:]]+', 'model: nobody/knows'), 'api' FROM"
            + " prompt_versions WHERE function_name = ? AND function_version = ?",
        function,
        base);
    database.execute(
        "INSERT INTO prompt_label_moves (id, function_name, label, from_version, to_version)"
            + " VALUES (gen_random_uuid(), ?, 'gone', 'aaaaaaaaaaaa', ?)",
        function,
        base);
    database.execute(
        "INSERT INTO prompt_labels (function_name, label, function_version) VALUES (?, 'gone', ?)",
        function,
        base);

    var refused = one.post(labels + "/rollback", "{}");

    assertThat(refused.status()).as(refused.raw().body()).isEqualTo(409);
    assertThat(refused.json().path("detail").asText()).contains("cannot be served");
    assertThat(
            database.count(
                "SELECT count(*) FROM prompt_labels WHERE label = 'gone' AND function_version = ?",
                base))
        .isEqualTo(1);
    assertThat(one.get(labels + "/moves").json().path("moves")).hasSize(1);
  }

  @Test
  void aVersionIsMadeFromALabelToo() {
    var made = add("production", "{\"parameters\": {\"temperature\": 0.55}}");

    assertThat(made.path("parent").asText()).isEqualTo(served(one, FUNCTION));
  }

  @Test
  void aMoveThatExpectsAnotherVersionMovesNothing() {
    var base = served(one, FUNCTION);

    var refused =
        one.put(
            LABELS + "candidate",
            "{\"version\": \"" + base + "\", \"expected\": \"0123456789ab\"}");

    assertThat(refused.status()).isEqualTo(409);
    assertThat(one.delete(LABELS + "candidate").status()).isEqualTo(404);
  }

  @Test
  void whatIsNoFunctionOrNoVersionIsRefusedWithItsFaults() {
    var broken = one.post(VERSIONS, "{\"source\": \"name: linkedin-post\\nmodel: nobody/knows\"}");

    assertThat(broken.status()).isEqualTo(400);
    assertThat(broken.json().path("details").path("faults").size()).isGreaterThan(1);
    assertThat(one.post(VERSIONS, "{\"note\": \"nothing\"}").status()).isEqualTo(400);
    assertThat(one.put(LABELS + "production", "{\"version\": \"ffffffffffff\"}").status())
        .isEqualTo(404);
    assertThat(one.put(LABELS + "Not-A-Label", "{\"version\": \"x\"}").status()).isEqualTo(400);
    assertThat(one.get(VERSIONS + "/ffffffffffff").status()).isEqualTo(404);
  }

  @Test
  void aNoteOrAnAuthorThatIsTooLongIsRefusedByName() {
    var note = Json.object().put("note", "n".repeat(2_001));
    var version = Json.object().put("base", "production");
    version.set("changes", Json.parse("{\"parameters\": {\"temperature\": 0.31}}"));

    refused("note", one.post(LABELS + "long/rollback", note.toString()));
    refused("note", one.put(LABELS + "long", note.put("version", "production").toString()));
    refused(
        "note", one.post(VERSIONS, version.deepCopy().put("note", "n".repeat(2_001)).toString()));
    refused("author", one.post(VERSIONS, version.put("author", "a".repeat(201)).toString()));
  }

  private static void refused(String field, RunningWeir.Got got) {
    assertThat(got.status()).as(got.raw().body()).isEqualTo(400);
    assertThat(got.json().path("detail").asText()).startsWith("'" + field + "' must have at most ");
  }

  @Test
  void howAVersionsCallsWereStandsWithItAndWhatFallbacksAnsweredIsApart(TestDatabase database) {
    var function = "job-analysis";
    one.weir().callFunction(function);
    one.weir().callFunction(function);

    Eventually.until(
        "the figures of the calls",
        () -> {
          var newest = one.get("/api/prompts/" + function + "/versions").json().at("/versions/0");
          return newest.at("/performance/calls").asInt() >= 2
              && newest.at("/performance/success_rate").asDouble() == 1
              && newest.at("/performance/avg_tokens").asDouble() > 0
              && newest.at("/performance/fallback_answers").asInt(-1) == 0;
        });
    // As if the list of models had changed since: no fallback gave these answers all the same.
    database.execute(
        "UPDATE usage_function_days SET model = 'other/model' WHERE function_name = ?", function);
    var after = newest(function);
    assertThat(after.at("/performance/fallback_answers").asInt(-1)).isZero();
    assertThat(after.at("/performance/success_rate").asDouble()).isEqualTo(1);
    // Of answers of which nothing was written down the list of now is all there is to go by.
    database.execute(
        """
        INSERT INTO usage_fallback_days (day, function_name, function_version, model, fallbacks, unmarked)
        SELECT day, function_name, function_version, m.model, 0, m.answers
        FROM (SELECT DISTINCT day, function_name, function_version FROM usage_function_days WHERE function_name = ?) AS d
        CROSS JOIN (VALUES ('other/model', 3), (?, 4)) AS m (model, answers)\
        """,
        function,
        one.weir().callFunction(function).json().at("/meta/model").asText());
    assertThat(newest(function).at("/performance/fallback_answers").asInt()).isEqualTo(3);
  }

  @Test
  void anAnswerOfAFallbackIsCountedAsOneAndNoneOfTheOthers() {
    var function = "interview-prep";
    var labels = "/api/prompts/" + function + "/labels/production";
    var broken =
        version(
            addTo(
                function,
                served(one, function),
                "{\"model\": \"sandbox/error-500\", \"fallbacks\": [\"sandbox/plain\"]}",
                ""));
    assertThat(one.put(labels, "{\"version\": \"" + broken + "\"}").status()).isEqualTo(200);
    for (var n = 0; n < 3; n++) {
      var answer = one.weir().callFunction(function);
      assertThat(answer.status()).as(answer.raw().body()).isEqualTo(200);
      assertThat(answer.json().at("/meta/model").asText()).isEqualTo("sandbox/plain");
    }

    Eventually.until(
        "three answers of the fallback",
        () ->
            newest(function).at("/performance/fallback_answers").asInt(-1) == 3
                && newest(function).at("/performance/calls").asInt() == 3);
    assertThat(newest(function).at("/performance/success_rate").asDouble()).isEqualTo(1);
    one.delete(labels);
  }

  private static JsonNode newest(String function) {
    return one.get("/api/prompts/" + function + "/versions").json().at("/versions/0");
  }

  @Test
  void aFileThatTheDatabaseRefusesKeepsNoOtherBack(TestDatabase database, @TempDir Path folder)
      throws IOException {
    var file =
        """
        name: %s
        description: "%s"
        model: writer
        prompt:
          user: "Write about {{topic}}."
        input:
          type: object
          properties:
            topic: {type: string}
        example: {topic: bread}
        """;
    for (var name : List.of("aa-good", "bb-bad", "cc-good")) {
      var about = name.equals("bb-bad") ? "a nul: \\0" : "fine";
      Files.writeString(folder.resolve(name + ".yaml"), file.formatted(name, about));
    }

    try (var third =
        new Management(RunningWeir.sandboxed(database, "WEIR_FUNCTIONS_DIR", folder.toString()))) {
      assertThat(third.weir().get("/v1/functions/bb-bad").status()).isEqualTo(200);
      assertThat(
              database.query(
                  "SELECT function_name FROM prompt_versions WHERE function_name LIKE '__-%'"))
          .extracting(row -> row.get("function_name"))
          .containsExactlyInAnyOrder("aa-good", "cc-good");
      var version = served(third, "cc-good");
      assertThat(
              third
                  .put(
                      "/api/prompts/cc-good/labels/production",
                      "{\"version\": \"" + version + "\"}")
                  .status())
          .isEqualTo(200);
    }
    one.delete("/api/prompts/cc-good/labels/production");
  }

  private static JsonNode add(String base, String changes) {
    return add(base, changes, "");
  }

  private static JsonNode add(String base, String changes, String note) {
    return addTo(FUNCTION, base, changes, note);
  }

  private static JsonNode addTo(String function, String base, String changes, String note) {
    var body = Json.object().put("base", base).put("author", "ann").put("note", note);
    body.set("changes", Json.parse(changes));
    var made = one.post("/api/prompts/" + function + "/versions", body.toString());
    assertThat(made.status()).as(made.raw().body()).isEqualTo(201);
    return made.json();
  }

  private static String version(JsonNode version) {
    return version.path("version").asText();
  }

  private static String served(Management at, String function) {
    return at.weir().get("/v1/functions/" + function).json().at("/data/version").asText();
  }

  private static void awaitServed(Management at, String function, String version) {
    Eventually.until(
        function + " is served as " + version, () -> served(at, function).equals(version));
  }
}
