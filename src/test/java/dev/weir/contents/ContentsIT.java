package dev.weir.contents;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializable;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import dev.weir.core.Json;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What contents cost: their JSON is made once, and lists read no more than they give. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContentsIT {
  private static final Contents.Filter ALL =
      new Contents.Filter(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  private static final UUID RUN = UUID.fromString("01a22af9-5600-779c-bc12-5dbe58993919");

  private final Vertx vertx = Vertx.vertx();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private TestDatabase database;
  private Database pools;
  private Contents contents;

  @BeforeAll
  void open(TestDatabase fresh) {
    database = fresh;
    pools = fresh.database(vertx);
    contents = new Contents(pools, meters);
  }

  @AfterAll
  void close() {
    vertx.close().await();
  }

  @BeforeEach
  void empty() {
    database.execute("DELETE FROM stored_contents");
  }

  /** Counts how often it is written. */
  private static final class Counted extends JsonSerializable.Base {
    private final AtomicInteger written = new AtomicInteger();
    private final String text;

    Counted(String text) {
      this.text = text;
    }

    @Override
    public void serialize(JsonGenerator json, SerializerProvider by) throws IOException {
      written.incrementAndGet();
      json.writeString(text);
    }

    @Override
    public void serializeWithType(JsonGenerator json, SerializerProvider by, TypeSerializer type)
        throws IOException {
      serialize(json, by);
    }
  }

  @Test
  void theJsonOfAContentIsMadeOnce() {
    var counted = new Counted("words");

    contents.keep(AContent.by("ada").content(Json.object().putPOJO("text", counted)));
    contents.flush().await();

    assertThat(counted.written.get()).isOne();
    assertThat(database.value("SELECT convert_from(input, 'UTF8') FROM stored_contents"))
        .isEqualTo("{\"text\":\"words\"}");
  }

  @Test
  void ofWhatIsTooLargeNoMoreIsMadeThanMayBeKept() {
    var kilobyte = new Counted("x".repeat(1024));
    var input = Json.object();
    var list = input.putArray("list");
    for (var i = 0; i < 2_000; i++) {
      list.addPOJO(kilobyte);
    }

    contents.keep(AContent.by("ada").content(input));
    contents.flush().await();

    assertThat(kilobyte.written.get()).isBetween(200, 300);
    assertThat(database.count("SELECT count(*) FROM stored_contents")).isZero();
    assertThat(meters.counter("weir.contents", "outcome", "too_large").count()).isOne();
  }

  @Test
  void whatIsKeptComesBackAsItWas() {
    var call = AContent.by("ada").at(Instant.parse("2026-11-30T06:30:00.123456Z"));
    database.execute("DELETE FROM content_deletions");
    var content = AContent.by("ada").content();
    contents.keep(content);
    contents.flush().await();

    var back = contents.get(content.id()).await().parsed();

    assertThat(back.input()).isEqualTo(content.input());
    assertThat(back.output()).isEqualTo(content.output());
    assertThat(back.user()).isEqualTo(call.user());
    assertThat(back.latency()).isEqualTo(content.latency());
  }

  @Test
  void aListWithoutWordsDoesNotReadThem() {
    contents.keep(AContent.by("ada").content());
    contents.flush().await();
    // Who may not even read the columns gets the list all the same.
    database.execute("REVOKE SELECT ON stored_contents FROM weir_admin");
    database.execute(
        "GRANT SELECT (id, user_id, function_name, function_version, kind, source_id, run_name,"
            + " run_id, model, error_code, cost_usd, latency_ms, created_at, expires_at) ON"
            + " stored_contents TO weir_admin");
    try {
      assertThat(contents.find(ALL, 10, false).await().contents())
          .singleElement()
          .satisfies(row -> assertThat(row.words()).isEmpty());
    } finally {
      database.execute("GRANT SELECT ON stored_contents TO weir_admin");
    }
  }

  @Test
  void aPageOfWordsEndsBeforeFourMebibytesButNeverBeforeItsFirstContent() {
    fill(25, 250_000);
    fill(1, 5_000_000);
    fill(3, 10);
    var seen = new ArrayList<UUID>();
    var sizes = new ArrayList<Integer>();
    var page = contents.find(ALL, 500, true).await();
    while (true) {
      page.contents().forEach(row -> seen.add(row.id()));
      sizes.add(page.contents().size());
      assertThat(page.contents().stream().mapToInt(row -> row.words().orElseThrow().size()).sum())
          .satisfiesAnyOf(
              bytes -> assertThat(bytes).isLessThanOrEqualTo(4 * 1024 * 1024),
              _ -> assertThat(sizes.getLast()).isOne());
      if (page.next().isEmpty()) {
        break;
      }
      page = contents.find(ALL.after(page.next().get()), 500, true).await();
    }

    // The newest is the lightest.
    assertThat(sizes).containsExactly(3, 1, 16, 9);
    assertThat(seen).doesNotHaveDuplicates().hasSize(29);
  }

  private void fill(int many, int bytes) {
    database.execute(
        """
        INSERT INTO stored_contents (id, user_id, function_name, function_version, kind, input, error_code, cost_usd,
          latency_ms, created_at, expires_at)
        SELECT gen_random_uuid(), 'u', 'f', '0', 'call', convert_to('"' || repeat('x', ? - 2) || '"', 'UTF8'), 'TIMEOUT', 0,
          1, clock_timestamp(), now() + interval '1 day'
        FROM generate_series(1, ?)\
        """,
        bytes,
        many);
  }

  @Test
  void thePageThatHoldsTheLastContentHasNoNext() {
    fill(4, 10);

    var first = contents.find(ALL, 2, false).await();
    var second = contents.find(ALL.after(first.next().orElseThrow()), 2, false).await();

    assertThat(second.contents()).hasSize(2);
    assertThat(second.next()).isEmpty();
    assertThat(contents.find(ALL, 4, true).await().next()).isEmpty();
  }

  @Test
  void aRunsNameIsThatOfTheNewestAndAnIdIsThatOfOne() {
    var old = shadowRun("twice", "deleted", 3);
    var young = shadowRun("twice", "stopped", 2);
    var first = copy("twice", "shadow", old, 150);
    var second = copy("twice", "shadow", young, 100);

    assertThat(ids("twice", Optional.empty())).containsExactly(second);
    assertThat(ids(young.toString(), Optional.empty())).containsExactly(second);
    assertThat(ids(old.toString(), Optional.empty())).containsExactly(first);
    assertThat(ids(old.toString(), Optional.of(StoredContent.Kind.EVALUATION))).isEmpty();
  }

  @Test
  void aRunThatHasAnsweredNothingYetIsNotTakenForTheOneBeforeIt() {
    var old = shadowRun("begins", "deleted", 3);
    copy("begins", "shadow", old, 150);
    shadowRun("begins", "stopped", 1);

    assertThat(ids("begins", Optional.empty())).isEmpty();
  }

  @Test
  void ofARunThatIsGoneItsCopiesAreLeftAndOnlyTheNewestOnes() {
    copy("gone", "shadow", UUID.randomUUID(), 150);
    var last = copy("gone", "shadow", UUID.randomUUID(), 100);

    assertThat(ids("gone", Optional.empty())).containsExactly(last);
    assertThat(ids("nobody", Optional.empty())).isEmpty();
    assertThat(ids(UUID.randomUUID().toString(), Optional.empty())).isEmpty();
  }

  @Test
  void aShadowRunAndAnEvaluationOfOneNameAreTwo() {
    var shadow = shadowRun("both", "stopped", 2);
    var copied = copy("both", "shadow", shadow, 100);
    var evaluated = copy("both", "evaluation", null, 50);
    database.execute(
        """
        INSERT INTO evaluations (evaluation_name, function_name, candidate, candidate_version, baseline, baseline_versions,
          scorers, item_source, items, units, units_expected, unfit, budget_usd, created_by, created_at, status, ended_at)
        VALUES ('both', 'letter', 'v', 'v', 'stored', '{v}', '{}', 'stored', 1, 1, 0, 0, 1, 'ann', now() - interval '1 minute',
          'done', now())\
        """);

    assertThat(ids("both", Optional.empty())).containsExactly(evaluated);
    assertThat(ids("both", Optional.of(StoredContent.Kind.SHADOW))).containsExactly(copied);
    assertThat(ids("both", Optional.of(StoredContent.Kind.EVALUATION))).containsExactly(evaluated);
  }

  private UUID shadowRun(String name, String status, int minutesAgo) {
    var id = UUID.randomUUID();
    database.execute(
        """
        INSERT INTO prompt_versions (function_name, function_version, content_hash, definition)
        VALUES ('letter', '0', '', '{}') ON CONFLICT DO NOTHING\
        """);
    database.execute(
        """
        INSERT INTO shadow_runs (run_id, run_name, function_name, function_version, share, account, status, created_by,
          started_at, ends_at, stopped_at)
        VALUES (?, ?, 'letter', '0', 1, ?, ?, 'ann', now() - make_interval(mins => ?), now() + interval '1 day', now())\
        """,
        id,
        name,
        "weir:" + id,
        status,
        minutesAgo);
    return id;
  }

  private UUID copy(String name, String kind, @Nullable UUID run, int secondsAgo) {
    var id = UUID.randomUUID();
    database.execute(
        """
        INSERT INTO stored_contents (id, user_id, function_name, function_version, kind, source_id, run_name, run_id, input,
          error_code, cost_usd, latency_ms, created_at, expires_at)
        VALUES (?, 'ada', 'letter', '0', ?, gen_random_uuid(), ?, ?::uuid, '{}', 'TIMEOUT', 0, 1,
          now() - make_interval(secs => ?), now() + interval '1 day')\
        """,
        id,
        kind,
        name,
        run == null ? null : run.toString(),
        secondsAgo);
    return id;
  }

  private List<UUID> ids(String run, Optional<StoredContent.Kind> kind) {
    var none = Optional.<String>empty();
    return contents
        .run(run, kind)
        .await()
        .map(
            found ->
                contents
                    .find(
                        new Contents.Filter(
                            none, none, kind, Optional.of(found), none, Optional.empty()),
                        50,
                        false)
                    .await()
                    .contents()
                    .stream()
                    .map(ContentRow::id)
                    .toList())
        .orElse(List.of());
  }

  static Stream<Contents.Filter> lists() {
    var none = Optional.<String>empty();
    var kind = Optional.<StoredContent.Kind>empty();
    var after = Optional.<ContentCursor>empty();
    var all = Optional.<Contents.Run>empty();
    var run = new Contents.Run("run-3", StoredContent.Kind.SHADOW, Optional.empty());
    var another = new Contents.Run("run-3", StoredContent.Kind.SHADOW, Optional.of(RUN));
    return Stream.of(
        ALL,
        new Contents.Filter(none, none, kind, all, Optional.of("user-7"), after),
        new Contents.Filter(Optional.of("f-1"), none, kind, all, none, after),
        Contents.Filter.callsOf("f-1"),
        new Contents.Filter(none, none, kind, Optional.of(run), none, after),
        new Contents.Filter(none, none, kind, Optional.of(another), none, after),
        Contents.Filter.callsOf("f-1").after(new ContentCursor(Instant.now(), UUID.randomUUID())));
  }

  @ParameterizedTest
  @MethodSource("lists")
  void aListComesFromAnIndexInItsOrder(Contents.Filter list) {
    database.execute(
        """
        INSERT INTO stored_contents (id, user_id, function_name, function_version, kind, source_id, run_name, input,
          error_code, cost_usd, latency_ms, created_at, expires_at)
        SELECT gen_random_uuid(), 'user-' || i % 40, 'f-' || i % 10, '0', CASE WHEN i % 3 = 0 THEN 'shadow' ELSE 'call' END,
          CASE WHEN i % 3 = 0 THEN gen_random_uuid() END, CASE WHEN i % 3 = 0 THEN 'run-' || i % 9 END, '{}', 'TIMEOUT', 0, 1,
          now() - make_interval(secs => i), now() + interval '9 days'
        FROM generate_series(1, ?) AS i\
        """,
        Integer.getInteger("weir.contents", 20_000));
    database.execute("ANALYZE stored_contents");

    for (var words : List.of(true, false)) {
      var plan = plan(new ContentQuery(list, 50, words));

      assertThat(plan).doesNotContain("Sort").doesNotContain("Seq Scan").contains("Index Scan");
    }
  }

  private String plan(ContentQuery query) {
    return pools
        .admin(
            c ->
                c.preparedQuery("EXPLAIN (ANALYZE, BUFFERS) " + query.sql())
                    .execute(query.parameters())
                    .map(
                        rows ->
                            rows.stream()
                                .map(row -> row.getString(0))
                                .collect(Collectors.joining("\n"))))
        .await();
  }
}
