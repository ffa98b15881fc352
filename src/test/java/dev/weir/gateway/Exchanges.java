package dev.weir.gateway;

import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.prompts.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Exchanges and answers for tests of stages: good defaults, so that a test shows only what matters
 * to it.
 */
public final class Exchanges {
  private Exchanges() {}

  /** A chat call of a user for one model, {@code provider/model}. */
  public static Exchange chat(String model) {
    return chat(model, false);
  }

  /** A chat call, streamed or not. */
  public static Exchange chat(String model, boolean stream) {
    var body = Json.object().put("model", model);
    body.putArray("messages").addObject().put("role", "user").put("content", "Say hello to me");
    var call = new Call.OfModel(model, body, stream, CallOptions.DEFAULT);
    var plan =
        new Plan(
            "chat",
            Optional.empty(),
            Optional.empty(),
            new Ask.Chat(body, stream),
            new Route(model, List.of(target(model))),
            RetryPolicy.DEFAULT,
            Duration.ofSeconds(60));
    var tally = new Tally();
    tally.startedAt(Instant.now());
    return new Exchange(
        new Origin(UUID.randomUUID(), Optional.empty(), Origin.Door.CHAT, System.nanoTime()),
        call,
        user("ann"),
        plan,
        Optional.empty(),
        new Cancellation(),
        tally);
  }

  /** The principal of a user key without bounds. */
  public static Principal user(String name) {
    return new Principal(
        UUID.randomUUID(), Principal.Role.USER, name, Optional.empty(), Set.of(), Set.of());
  }

  /** A target served by its own provider. */
  public static Target target(String model) {
    var ref = ModelRef.parse(model).orElseThrow();
    return new Target(ref, ref.provider(), false, false, Optional.empty());
  }

  /** A complete answer of 10 tokens in and 5 out. */
  public static Answer answer(String text) {
    return new Answer(
        text,
        Optional.empty(),
        Answer.Finish.STOP,
        "model",
        Usage.of(10, 5),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }
}
