package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What is warmed while an experiment runs is what its users will ask for, and counts for no arm.
 */
@ExtendWith(TestDatabase.Extension.class)
class WarmedArmsIT {
  private static ExperimentWorld world;

  @BeforeAll
  static void start(TestDatabase database) {
    world =
        new ExperimentWorld(
            database,
            "WEIR_CACHE_MODE",
            "on",
            "WEIR_CACHE_PATIENCE",
            "5s",
            "WEIR_CACHE_WARM_UP_EVERY",
            "1s",
            "WEIR_CACHE_WARM_UP_USD_PER_DAY",
            "10");
  }

  @AfterAll
  static void stop() {
    world.close();
  }

  private static ObjectNode input(String function) {
    var body = Json.object();
    body.set("input", world.one.weir().example(function));
    return body;
  }

  /** Has an administrator fill the cache for a user; tells how it went. */
  private static String warm(String function, String user) {
    var body = input(function).put("function", function).put("user", user);
    var got = world.one.post("/api/cache/warm", body.toString());
    assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
    return got.json().path("cache").asText();
  }

  private static RunningWeir.Got call(String function, String user) {
    var got = world.send(world.one, "/v1/functions/" + function, user, input(function));
    assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
    return got;
  }

  @Test
  void aUserWhoIsWarmedForFindsTheAnswerOfTheArmAndIsBroughtIntoNone() {
    var function = "linkedin-post";
    // By this salt both arms have some of them.
    world.start(world.draft("warmed", function, world.version(function, 0.51)).put("salt", "s1"));
    var users = List.of("ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal", "ida", "jim");
    var never = List.of("kim", "lea", "max");

    for (var user : never) {
      assertThat(warm(function, user)).isEqualTo("miss");
    }
    for (var user : users) {
      assertThat(warm(function, user)).isEqualTo("miss");
    }
    awaitKept(function, users.size() + never.size());

    var arms = new TreeSet<String>();
    for (var user : users) {
      var got = call(function, user);
      assertThat(got.header("x-weir-cache")).as(user).isEqualTo("hit");
      arms.add(got.header("x-weir-variant"));
    }
    assertThat(arms).containsExactly("a", "b");
    Eventually.until(
        "all of them have come into the experiment, and nobody else",
        () -> units("warmed", users) == users.size());
    assertThat(units("warmed", never)).isZero();
    assertThat(units("warmed", List.of("weir-warm-up"))).isZero();
    Eventually.until(
        "its calls are recorded",
        () ->
            world.database.count(
                    "SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'weir-warm-up' AND"
                        + " function_name = ?",
                    function)
                == users.size() + never.size());
    assertThat(
            world.database.count(
                "SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'weir-warm-up' AND"
                    + " (experiment IS NOT NULL OR variant IS NOT NULL)"))
        .isZero();

    world.one.post("/api/experiments/warmed/conclude", "{\"winner\": \"a\"}");
    assertThat(warm(function, "ann")).as("no arm's answer stands in").isEqualTo("miss");
    awaitKept(function, users.size() + never.size() + 1);
    assertThat(call(function, "ann").header("x-weir-cache")).isEqualTo("hit");
  }

  private static void awaitKept(String function, long answers) {
    Eventually.until(
        answers + " answers are kept",
        () ->
            world.database.count(
                    "SELECT count(*) FROM response_cache WHERE function_name = ?", function)
                == answers);
  }

  private static long units(String experiment, List<String> users) {
    return world.database.count(
        "SELECT count(*) FROM experiment_units WHERE experiment_name = ? AND user_id = ANY(?)",
        experiment,
        users.toArray(String[]::new));
  }

  @Test
  void anAnswerThatItsUserWillNotAskForAnyMoreIsNotRefreshed() {
    var function = "cover-letter";
    assertThat(call(function, "old").header("x-weir-cache")).isEqualTo("miss");
    world.start(world.draft("began-since", function, world.version(function, 0.52)));
    world.awaitRunning(world.other, function, "began-since");
    assertThat(call(function, "old").header("x-weir-variant")).isNotEmpty();
    Eventually.until(
        "both answers are kept",
        () ->
            world.database.count("SELECT count(*) FROM response_cache WHERE user_id = 'old'") == 2);

    world.database.execute(
        "UPDATE response_cache SET created_at = now() - interval '500 seconds', expires_at ="
            + " now() + interval '100 seconds', warm_from = now() - interval '20 seconds',"
            + " hit_count = 50 WHERE user_id = 'old'");

    Eventually.until(
        "the plain one is another question by now, that of the arm is left alone",
        () -> passedOver("changed") >= 1 && passedOver("experiment") >= 1);
    assertThat(
            world.database.count(
                "SELECT count(*) FROM response_cache WHERE user_id = 'old' AND hit_count = 50"))
        .isEqualTo(2);
    world.one.post("/api/experiments/began-since/stop", "{}");
  }

  /** On whichever replica leads. */
  private static double passedOver(String reason) {
    var name = "weir_cache_passed_over_total{reason=\"" + reason + "\"}";
    return world.one.weir().meter(name) + world.other.weir().meter(name);
  }
}
