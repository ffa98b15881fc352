package dev.weir.bus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Origin;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import dev.weir.http.Door;
import dev.weir.testing.Eventually;
import dev.weir.wire.FeedbackRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The event-bus door, in front of the same real gateway as the HTTP door's tests. */
class BusDoorIT {
  private static final int LARGEST = 10_000;
  private static final String MINE = "01a22b17-dbf8-745e-b569-b0434b0baea1";
  private final BlockingQueue<AIError> refusals = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> opinions = new LinkedBlockingQueue<>();
  private Vertx vertx = Vertx.vertx();
  private boolean draining;

  @BeforeEach
  void start() {
    vertx = Vertx.vertx();
  }

  @AfterEach
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private BusDoor open(Stage stage) {
    var door =
        new BusDoor(
            new BusDoor.Parts(
                vertx,
                Door.gateway(stage),
                Door.authenticator(),
                Clock.system(),
                () -> draining,
                (_, _, why, _) -> refusals.add(why),
                this::judge,
                LARGEST));
    door.open().toCompletionStage().toCompletableFuture().join();
    return door;
  }

  /** The caller has one call that may be judged. */
  private Future<String> judge(String user, FeedbackRequest given) {
    if (!given.request().toString().equals(MINE)) {
      return Future.failedFuture(AIError.of(ErrorCode.NOT_FOUND, "You have no call with this id."));
    }
    opinions.add(user + " " + given.success() + " " + given.score());
    return Future.succeededFuture("recorded");
  }

  @Test
  void whatASenderThinksOfAnAnswerIsTaken() throws Exception {
    open(hello());

    var reply = ask(opinion(MINE).put("correlation_id", "c-2"));

    assertThat(reply.getBoolean("success")).isTrue();
    assertThat(reply.getJsonObject("data"))
        .isEqualTo(new JsonObject().put("request_id", MINE).put("status", "recorded"));
    assertThat(opinions).hasSize(1);
    assertThat(opinions.peek()).endsWith(" Optional[true] Optional[0.5]");
  }

  @Test
  void anOpinionThatIsWrongOrOfAnothersCallIsRefused() throws Exception {
    open(hello());

    assertThat(code(ask(opinion("01a22b17-dbba-733b-afd6-420e8fe34098")))).isEqualTo("NOT_FOUND");
    assertThat(code(ask(opinion("no-id")))).isEqualTo("INVALID_REQUEST");
    assertThat(code(ask(opinion(MINE).put("key", "bad")))).isEqualTo("UNAUTHENTICATED");
    var both = ask(opinion(MINE).put("function", "echo"));
    assertThat(code(both)).isEqualTo("INVALID_REQUEST");
    var empty = ask(opinion(MINE).put("feedback", new JsonObject().put("request_id", MINE)));
    assertThat(empty.getJsonObject("error").getString("message")).contains("feedback", "'success'");
    assertThat(opinions).isEmpty();
  }

  private static JsonObject opinion(String request) {
    return new JsonObject()
        .put("key", "good")
        .put(
            "feedback",
            new JsonObject().put("request_id", request).put("success", true).put("score", 0.5));
  }

  @Test
  void aMessageThatIsLargerThanABodyMayBeIsRefusedUnreadInItsOwnType() throws Exception {
    open(hello());
    var padded = echo().put("tags", new JsonObject().put("a", "b")).encode();
    var fits = padded + " ".repeat(LARGEST - padded.length());
    var text = echo().put("input", new JsonObject().put("text", "x".repeat(LARGEST))).encode();
    var wide = "{" + "\u00e9".repeat(LARGEST - 1) + "}";

    assertThat(new JsonObject((String) send(fits)).getBoolean("success")).isTrue();
    assertThat(new JsonObject((String) send(fits + " ")).encode()).contains("PAYLOAD_TOO_LARGE");
    assertThat(((Buffer) send(Buffer.buffer(text))).toString()).contains("PAYLOAD_TOO_LARGE");
    assertThat(code(ask(new JsonObject(text)))).isEqualTo("PAYLOAD_TOO_LARGE");
    assertThat((String) send(wide)).contains("PAYLOAD_TOO_LARGE").contains("10000");
    assertThat(refusals).hasSize(4);
  }

  private static Stage hello() {
    return (x, _) -> Future.succeededFuture(new Reply.Whole(Door.tallied(x, Door.answer("hello"))));
  }

  private JsonObject ask(JsonObject message) throws Exception {
    return (JsonObject) send(message);
  }

  private Object send(Object message) throws Exception {
    return vertx
        .eventBus()
        .request(BusDoor.ADDRESS, message, new DeliveryOptions().setSendTimeout(10_000))
        .toCompletionStage()
        .toCompletableFuture()
        .get(15, TimeUnit.SECONDS)
        .body();
  }

  private static JsonObject echo() {
    return new JsonObject()
        .put("key", "good")
        .put("function", "echo")
        .put("input", new JsonObject().put("text", "hi"));
  }

  private static String code(JsonObject reply) {
    return reply.getJsonObject("error").getString("code");
  }

  @Test
  void aFunctionIsAnsweredInTheEnvelopeOfHttp() throws Exception {
    open(hello());

    var reply = ask(echo().put("correlation_id", "c-1"));

    assertThat(reply.getBoolean("success")).isTrue();
    assertThat(reply.getString("data")).isEqualTo("hello");
    assertThat(reply.getJsonObject("meta").getString("function")).isEqualTo("echo");
    assertThat(reply.getJsonObject("meta").getString("correlation_id")).isEqualTo("c-1");
  }

  @Test
  void aModelIsAskedAndAnswersWithACompletionAsData() throws Exception {
    open(hello());

    var reply =
        ask(
            new JsonObject()
                .put("key", "good")
                .put("model", "sonar")
                .put(
                    "body",
                    new JsonObject()
                        .put(
                            "messages",
                            new JsonArray()
                                .add(new JsonObject().put("role", "user").put("content", "hi")))));

    var choice = reply.getJsonObject("data").getJsonArray("choices").getJsonObject(0);
    assertThat(choice.getJsonObject("message").getString("content")).isEqualTo("hello");
  }

  @Test
  void theGatewaySeesTheBusAndTheUser() throws Exception {
    var seen = new CompletableFuture<String>();
    open(
        (x, _) -> {
          seen.complete(x.origin().door() + " " + x.principal().user());
          return Future.succeededFuture(new Reply.Whole(Door.answer("ok")));
        });

    ask(echo().put("user", "bob"));

    assertThat(seen.getNow("")).isEqualTo(Origin.Door.BUS + " bob");
  }

  @Test
  void errorsKeepTheirCodes() throws Exception {
    open((_, _) -> Future.failedFuture(AIError.of(ErrorCode.BUDGET_EXCEEDED, "Used up.")));

    assertThat(code(ask(echo()))).isEqualTo("BUDGET_EXCEEDED");
    assertThat(code(ask(echo().put("key", "bad")))).isEqualTo("UNAUTHENTICATED");
    assertThat(code(ask(echo().put("function", "nope")))).isEqualTo("NOT_FOUND");
    assertThat(code(ask(echo().put("input", new JsonObject())))).isEqualTo("INVALID_REQUEST");
    assertThat(refusals).extracting(AIError::code).contains(ErrorCode.UNAUTHENTICATED);
  }

  @Test
  void malformedMessagesAreAnsweredAndNeverKillTheConsumer() throws Exception {
    open(hello());

    for (var bad :
        List.of(
            new JsonObject(),
            new JsonObject().put("key", 7),
            echo().put("surprise", true),
            echo().put("stream", true),
            echo().put("model", "sonar"),
            new JsonObject().put("key", "good").put("model", "sonar").put("body", "text"))) {
      assertThat(code(ask(bad))).isIn("INVALID_REQUEST", "UNAUTHENTICATED");
    }
    for (var bad : List.of(12, true, new JsonArray(), "not json", Buffer.buffer("[1]"))) {
      assertThat(String.valueOf(send(bad))).contains("INVALID_REQUEST");
    }
    assertThat(ask(echo()).getBoolean("success")).isTrue();
  }

  @Test
  void textIsAnsweredWithText() throws Exception {
    open(hello());

    assertThat(send(echo().encode())).isInstanceOf(String.class);
    assertThat(send(echo().toBuffer())).isInstanceOf(Buffer.class);
  }

  @Test
  void aSenderWhoNoLongerWaitsHurtsNobody() throws Exception {
    var late = new CompletableFuture<Runnable>();
    var door =
        open(
            (_, _) ->
                Future.future(
                    promise ->
                        late.complete(
                            () -> promise.tryComplete(new Reply.Whole(Door.answer("late"))))));

    var asked =
        vertx.eventBus().request(BusDoor.ADDRESS, echo(), new DeliveryOptions().setSendTimeout(50));
    assertThat(asked.toCompletionStage().toCompletableFuture()).failsWithin(10, TimeUnit.SECONDS);
    late.get(10, TimeUnit.SECONDS).run();

    assertThat(code(ask(new JsonObject()))).isEqualTo("UNAUTHENTICATED");
    Eventually.until("nothing is in flight", () -> door.inFlight() == 0);
  }

  @Test
  void aDrainingNodeRefuses() throws Exception {
    open(hello());
    draining = true;

    assertThat(code(ask(echo()))).isEqualTo("DRAINING");
  }
}
