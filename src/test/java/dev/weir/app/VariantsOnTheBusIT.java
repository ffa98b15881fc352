package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who sends a message sees another variant by the rights, and in the words, of HTTP. */
@ExtendWith(TestDatabase.Extension.class)
class VariantsOnTheBusIT {
  private static final String FUNCTION = "job-analysis";
  private static ExperimentWorld world;
  private static String version;

  @BeforeAll
  static void start(TestDatabase database) {
    world = new ExperimentWorld(database);
    version = world.version(FUNCTION, 0.61);
    world.start(world.draft("peek", FUNCTION, version));
  }

  @AfterAll
  static void stop() {
    world.close();
  }

  @Test
  void anAdministratorSeesEitherVariantAndIsCountedApart() throws Exception {
    var shown = ask(call("peeker").put("variant", "peek/b").put("admin_key", admin()));
    var control = ask(call("peeker").put("variant", " peek/a ").put("admin_key", admin()));

    var meta = meta(shown);
    assertThat(meta.getString("experiment")).isEqualTo("peek");
    assertThat(meta.getString("variant")).isEqualTo("b");
    assertThat(meta.getString("version")).isEqualTo(version);
    assertThat(meta(control).getString("variant")).isEqualTo("a");
    assertThat(meta(control).getString("version")).isNotEqualTo(version);
    Eventually.until(
        "both are counted apart",
        () ->
            world.database.count(
                    "SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'peeker' AND door ="
                        + " 'bus' AND experiment = 'peek' AND experiment_outcome = 'override'")
                == 2);
    assertThat(
            world.database.count("SELECT count(*) FROM experiment_units WHERE user_id = 'peeker'"))
        .isZero();
  }

  @Test
  void aMessageInTextIsAsGood() throws Exception {
    var text = call("writer").put("variant", "peek/b").put("admin_key", admin()).encode();

    var reply = new JsonObject((String) send(text));

    assertThat(meta(reply).getString("variant")).isEqualTo("b");
  }

  @Test
  void nobodyButAnAdministratorChoosesAndTheBusAloneMakesNobodyOne() throws Exception {
    var wish = call("stranger").put("variant", "peek/b");

    var none = error(ask(wish));
    var own = error(ask(wish.copy().put("admin_key", world.serviceKey())));
    var wrong = error(ask(wish.copy().put("admin_key", "wrong")));
    var alone = error(ask(wish.copy().put("key", admin()).put("admin_key", admin())));

    assertThat(none.getString("code")).isEqualTo("FORBIDDEN");
    assertThat(none.getString("message"))
        .isEqualTo(
            "Only an administrator may choose a variant: show an admin key in 'admin_key', or leave"
                + " 'variant' out.");
    assertThat(own.getString("code")).isEqualTo("FORBIDDEN");
    assertThat(wrong.getString("code")).isEqualTo("UNAUTHENTICATED");
    assertThat(alone.getString("code")).as("an admin key calls nothing").isEqualTo("FORBIDDEN");
    var door = world.call(world.one, FUNCTION, "stranger", "x-weir-variant", "peek/b").json();
    assertThat(none.getString("code")).isEqualTo(door.at("/error/code").asText());
    assertThat(
            world.database.count(
                "SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'stranger'"))
        .isZero();
  }

  @Test
  void whatThereIsNotIsRefusedInTheWordsOfHttp() throws Exception {
    for (var wish : new String[] {"peek/nothing", "nothing/b", "peek", "peek/", "/b"}) {
      var bus = error(ask(call("guesser").put("variant", wish).put("admin_key", admin())));
      var http =
          world
              .call(
                  world.one,
                  FUNCTION,
                  "guesser",
                  "x-weir-variant",
                  wish,
                  "x-weir-admin-key",
                  admin())
              .json()
              .path("error");

      assertThat(bus.getString("code")).as(wish).isEqualTo("NOT_FOUND");
      assertThat(bus.getString("code")).isEqualTo(http.path("code").asText());
      assertThat(bus.getString("message")).isEqualTo(http.path("message").asText());
    }
  }

  @Test
  void aWishThatIsNoTextOrOfAModelIsAWrongMessage() throws Exception {
    var number = error(ask(call("typist").put("variant", 7).put("admin_key", admin())));
    var model =
        error(
            ask(
                new JsonObject()
                    .put("key", world.serviceKey())
                    .put("user", "typist")
                    .put("model", "sonar")
                    .put("variant", "peek/b")
                    .put("admin_key", admin())
                    .put("body", new JsonObject().put("messages", new JsonArray()))));

    assertThat(number.getString("code")).isEqualTo("INVALID_REQUEST");
    assertThat(number.getString("message")).contains("$.variant must be a string");
    assertThat(model.getString("code")).isEqualTo("INVALID_REQUEST");
    assertThat(model.getString("message")).contains("$.variant is unknown");
  }

  @Test
  void withoutAWishAnAdminKeyChangesNothing() throws Exception {
    var mine = world.variant(world.one, FUNCTION, "plain");

    for (var wish : new String[] {null, "", "  "}) {
      var reply = ask(call("plain").put("variant", wish).put("admin_key", "wrong"));
      assertThat(meta(reply).getString("variant")).isEqualTo(mine);
    }
  }

  @Test
  void anErrorTooSaysWhichVariantItWas() throws Exception {
    var set = world.one.put("/api/limits/user/unlucky", "{\"limits\": {\"calls_per_day\": 1}}");
    assertThat(set.status()).as(set.raw().body()).isEqualTo(200);
    var fine = ask(call("unlucky"));

    var refused = ask(call("unlucky"));

    assertThat(error(refused).getString("code")).isEqualTo("QUOTA_EXCEEDED");
    assertThat(meta(refused).getString("experiment")).isEqualTo("peek");
    assertThat(meta(refused).getString("variant")).isEqualTo(meta(fine).getString("variant"));
    assertThat(meta(refused).getString("request_id"))
        .isEqualTo(error(refused).getString("request_id"));
    assertThat(UUID.fromString(meta(refused).getString("request_id"))).isNotNull();
  }

  private static JsonObject call(String user) {
    return new JsonObject()
        .put("key", world.serviceKey())
        .put("user", user)
        .put("function", FUNCTION)
        .put("input", new JsonObject(world.one.weir().example(FUNCTION).toString()))
        .put("options", new JsonObject().put("cache", "off"));
  }

  private static String admin() {
    return world.one.weir().key("WEIR_ADMIN_KEY");
  }

  private static JsonObject meta(JsonObject reply) {
    assertThat(reply.getJsonObject("meta")).as(reply.encode()).isNotNull();
    return reply.getJsonObject("meta");
  }

  private static JsonObject error(JsonObject reply) {
    assertThat(reply.getBoolean("success")).as(reply.encode()).isFalse();
    return reply.getJsonObject("error");
  }

  private static JsonObject ask(JsonObject message) throws Exception {
    return (JsonObject) send(message);
  }

  private static Object send(Object message) throws Exception {
    return world
        .one
        .weir()
        .weir()
        .vertx()
        .eventBus()
        .request("weir.invoke", message)
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS)
        .body();
  }
}
