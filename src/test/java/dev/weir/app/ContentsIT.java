package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import dev.weir.testing.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The management API of stored contents, on a real Weir. */
@ExtendWith(TestDatabase.Extension.class)
class ContentsIT {
  private static final String STORED = "cover-letter";

  @TempDir private static Path functions;
  private static FakeProvider fake;
  private static ExperimentWorld world;

  @BeforeAll
  static void start(TestDatabase database) throws IOException {
    fake = FakeProvider.start();
    try (var files = Files.list(Path.of("conf", "functions"))) {
      for (var file : files.toList()) {
        Files.copy(file, functions.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        functions.resolve(STORED + ".yaml"),
        "\nstore: {share: 1, ttl_days: 7}\n",
        StandardOpenOption.APPEND);
    world =
        new ExperimentWorld(
            database,
            "WEIR_FUNCTIONS_DIR",
            functions.toString(),
            "OPENAI_API_KEY",
            "sk-test-key-of-the-fake",
            "OPENAI_BASE_URL",
            fake.chatUri().toString());
  }

  @AfterAll
  static void stop() {
    world.close();
    fake.close();
  }

  private static JsonNode list(String query) {
    var got = world.one.get("/api/contents" + query);
    assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
    return got.json();
  }

  /** Contents of a user, all of one moment, so that only their ids put them in an order. */
  private static void fill(String user, int many, int bytes) {
    world.database.execute(
        """
        INSERT INTO stored_contents (id, user_id, function_name, function_version, kind, input, output, cost_usd, latency_ms,
          created_at, expires_at)
        SELECT gen_random_uuid(), ?, 'f', '0', 'call', convert_to('{"text": "' || repeat('x', ?) || '"}', 'UTF8'), '[1.0, {}]',
          0, 1, '2026-11-30T06:30:00.123456Z', now() + interval '1 day'
        FROM generate_series(1, ?)\
        """,
        user,
        bytes,
        many);
  }

  @Test
  void aPageFollowsThoughTheContentsBeforeItWereDeleted() {
    fill("pages", 5, 10);
    var all = ids(list("?user=pages"));
    var first = list("?user=pages&limit=2");

    for (var id : ids(first)) {
      assertThat(world.one.delete("/api/contents/" + id).status()).isEqualTo(200);
    }
    var rest = list("?user=pages&limit=3&after=" + first.path("next").asText());

    assertThat(ids(first)).isEqualTo(all.subList(0, 2));
    assertThat(ids(rest)).isEqualTo(all.subList(2, 5));
    assertThat(rest.path("next").isNull()).isTrue();
  }

  private static List<String> ids(JsonNode page) {
    var ids = new ArrayList<String>();
    page.path("contents").forEach(content -> ids.add(content.path("id").asText()));
    return ids;
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "", "00000000-0000-7000-8000-00000000ca4e", "a%25"})
  void aPlaceThatNoPageGaveIsRefused(String after) {
    var got = world.one.get("/api/contents?after=" + after);

    assertThat(got.status()).isEqualTo(400);
    assertThat(got.json().path("detail").asText()).contains("'after' must be the 'next'");
  }

  @Test
  void pagesOfWordsAreNoHeavierThanFourMebibytesAndLeaveNothingOut() {
    fill("heavy", 40, 250_000);
    var seen = new ArrayList<String>();
    var query = "?user=heavy&content=true&limit=500";
    var page = list(query);
    while (true) {
      seen.addAll(ids(page));
      assertThat(page.toString().length()).isLessThan(4 * 1024 * 1024 + 100_000);
      if (page.path("next").isNull()) {
        break;
      }
      page = list(query + "&after=" + page.path("next").asText());
    }

    assertThat(seen).hasSize(40).doesNotHaveDuplicates();
    var last = page.path("contents").get(0);
    assertThat(last.at("/input/text").asText()).hasSize(250_000);
    assertThat(last.path("output")).isEqualTo(Json.parse("[1.0, {}]"));
    // All of them fit in one page without their words.
    assertThat(list("?user=heavy").path("contents")).hasSize(40);
  }

  @Test
  void aCopyUnderWayIsNotKeptWhereItsCallWasDeletedMeanwhile() {
    var body =
        Json.object()
            .put(
                "base",
                world
                    .one
                    .weir()
                    .get("/v1/functions/" + STORED)
                    .json()
                    .at("/data/version")
                    .asText());
    body.withObject("/changes").put("model", "openai/gpt-5-mini").putArray("fallbacks");
    var gate = new CompletableFuture<Void>();
    fake.always(Turn.answer("Not before its call is gone.").once(gate));
    var version = world.one.post("/api/prompts/" + STORED + "/versions", body.toString());
    var run =
        Json.object()
            .put("name", "slow")
            .put("function", STORED)
            .put("version", version.json().path("version").asText())
            .put("share", 1)
            .put("usd_per_month", 10);
    assertThat(world.one.post("/api/shadows", run.toString()).status()).isEqualTo(201);
    assertThat(world.call(world.one, STORED, "meanwhile").status()).isEqualTo(200);
    Eventually.until(
        "the call is stored", () -> list("?user=meanwhile").path("contents").size() == 1);
    Eventually.until("the copy is under way", () -> fake.active() == 1);

    // By the replica that knows nothing of the copy.
    var deleted = world.other.delete("/api/contents?user=meanwhile").json();

    assertThat(deleted.path("deleted").asInt()).isOne();
    gate.complete(null);
    Eventually.until(
        "the copy has ended",
        () ->
            world.database.count("SELECT count(*) FROM shadow_pairs WHERE user_id = 'meanwhile'")
                == 1);
    Eventually.until(
        "its content was turned away or written",
        () ->
            gone() > 0
                || world.database.count(
                        "SELECT count(*) FROM stored_contents WHERE user_id = 'meanwhile'")
                    > 0);
    assertThat(list("?user=meanwhile").path("contents")).isEmpty();
  }

  @Test
  void ofARunThatNobodyKnowsNoListIsGiven() {
    var unknown = world.one.get("/api/contents?run=nobody");

    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.json().path("code").asText()).isEqualTo("NOT_FOUND");
  }

  private static double gone() {
    return world.one.weir().meter("weir_contents_total{outcome=\"gone\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/contents?user=%00",
        "/api/contents?user=a%00b",
        "/api/contents?%00=1",
        "/api/contents?after=%00",
        "/api/contents/%00",
        "/api/contents/%00/expected",
        "/api/keys/%00",
        "/api/shadows/a%00",
        "/api/prompts/%00/versions",
        "/api/limits/user/%00",
        "/api/experiments/x%00",
        "/api/evaluations/%00",
        "/api/%00"
      })
  void aNulInAnAddressIsRefusedWhereverItStands(String address) {
    for (var got :
        List.of(world.one.get(address), world.one.delete(address), world.one.put(address, "{}"))) {
      assertThat(got.status()).as(got.raw().body()).isEqualTo(400);
      assertThat(got.json().path("detail").asText()).contains("NUL character (%00)");
    }
  }
}
