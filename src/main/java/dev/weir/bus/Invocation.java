package dev.weir.bus;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.core.Json;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import dev.weir.gateway.Call;
import dev.weir.gateway.Credentials;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Origin;
import dev.weir.gateway.Principal;
import dev.weir.gateway.Reply;
import dev.weir.gateway.VariantWish;
import dev.weir.wire.FeedbackRequest;
import dev.weir.wire.FunctionReply;
import dev.weir.wire.InvokeMessage;
import dev.weir.wire.InvokeReply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.EncodeException;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One message on its way through the gateway and back. Confined to the door's event loop. */
final class Invocation {
  private static final VariantWish.Words WORDS = new VariantWish.Words("'variant'", "'admin_key'");

  private final BusDoor.Parts parts;
  private final @Nullable Object body;
  private final UUID id;
  private final long arrived;
  private Optional<String> correlation = Optional.empty();
  private Optional<Exchange> opened = Optional.empty();

  Invocation(BusDoor.Parts parts, @Nullable Object body) {
    this.parts = parts;
    this.body = body;
    this.id = Ids.next(parts.clock());
    this.arrived = parts.clock().nanoTime();
  }

  /** The reply, in the message's own type; never fails. */
  Future<Object> run() {
    return answer().otherwise(this::failure).map(this::inTypeOfMessage);
  }

  private Future<ObjectNode> answer() {
    try {
      if (parts.draining().getAsBoolean()) {
        throw AIError.of(ErrorCode.DRAINING, "This node is shutting down; send the message again.")
            .retryAfter(Duration.ofSeconds(1));
      }
      var message = InvokeMessage.of(Json.parse(text()));
      correlation = message.correlation();
      return parts
          .authenticator()
          .authenticate(new Credentials(message.key(), message.user(), "bus"))
          .compose(principal -> answer(message, principal));
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private Future<ObjectNode> answer(InvokeMessage message, Principal principal) {
    return message
        .feedback()
        .map(given -> take(principal, given))
        .orElseGet(() -> call(message).compose(call -> run(open(call, principal))));
  }

  /** What it asks, with the variant that it wants to see, if it may. */
  private Future<Call> call(InvokeMessage message) {
    return switch (message.call()) {
      case Call.OfModel asked -> Future.succeededFuture(asked);
      case Call.OfEmbedding asked -> Future.succeededFuture(asked);
      case Call.OfFunction asked ->
          new VariantWish(message.variant(), shown(message.adminKey()), WORDS)
              .granted(parts.authenticator(), asked.options())
              .map(
                  options ->
                      new Call.OfFunction(
                          asked.function(), asked.input(), asked.stream(), options));
    };
  }

  private static Credentials shown(Optional<String> key) {
    return new Credentials(key, Optional.empty(), "bus");
  }

  private Exchange open(Call call, Principal principal) {
    var origin = new Origin(id, correlation, Origin.Door.BUS, arrived);
    return parts.gateway().open(origin, call, principal);
  }

  private Future<ObjectNode> take(Principal principal, FeedbackRequest given) {
    return parts.feedback().apply(principal.user(), given).map(given::reply);
  }

  private Future<ObjectNode> run(Exchange x) {
    opened = Optional.of(x);
    return parts
        .gateway()
        .run(x)
        .compose(Invocation::whole)
        .map(answer -> InvokeReply.success(x, answer, parts.clock()));
  }

  private ObjectNode failure(Throwable failure) {
    var error = AIError.from(failure);
    if (opened.isEmpty()) {
      var took = Duration.ofNanos(parts.clock().nanoTime() - arrived);
      parts.refusals().refused(id, correlation, error, took);
    }
    var reply = FunctionReply.failure(error, id);
    // What headers tell over HTTP: which variant of an experiment failed, and what it took.
    opened.ifPresent(x -> reply.set("meta", InvokeReply.meta(x, parts.clock())));
    return reply;
  }

  /** The whole answer, also if the chain handed on a stream. */
  private static Future<Answer> whole(Reply reply) {
    return switch (reply) {
      case Reply.Whole(var answer) -> Future.succeededFuture(answer);
      case Reply.Streamed(var stream) -> {
        Promise<Answer> promise = Promise.promise();
        stream.start(new Gathering(promise));
        yield promise.future();
      }
    };
  }

  private record Gathering(Promise<Answer> whole) implements AnswerStream.Sink {
    @Override
    public void part(AnswerStream.Part part) {}

    @Override
    public void end(Answer answer) {
      whole.complete(answer);
    }

    @Override
    public void fail(AIError error) {
      whole.fail(error);
    }
  }

  private Buffer text() {
    var text = written();
    if (text.length() > parts.maxBytes()) {
      throw tooLarge();
    }
    return text;
  }

  private AIError tooLarge() {
    return AIError.of(
            ErrorCode.PAYLOAD_TOO_LARGE,
            "The message is over the limit of " + parts.maxBytes() + " bytes; send less.")
        .with("limit_bytes", parts.maxBytes());
  }

  private Buffer written() {
    try {
      return switch (body) {
        case JsonObject json -> json.toBuffer();
        case Buffer buffer -> buffer;
        case String string when string.length() > parts.maxBytes() -> throw tooLarge();
        case String string -> Buffer.buffer(string);
        case null, default ->
            throw AIError.invalid("The message must be a JSON object, or the same as text.");
      };
    } catch (EncodeException e) {
      throw AIError.invalid("The message holds a value that JSON cannot say.").causedBy(e);
    }
  }

  private Object inTypeOfMessage(ObjectNode reply) {
    var text = Json.write(reply);
    return switch (body) {
      case Buffer _ -> text;
      case String _ -> text.toString();
      case null, default -> new JsonObject(text);
    };
  }
}
