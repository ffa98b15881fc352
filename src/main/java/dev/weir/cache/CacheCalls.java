package dev.weir.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.Cap;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Origin;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import dev.weir.gateway.Tally.CacheStatus;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * The calls that the cache makes itself, through the whole house like any other: admitted,
 * reserved, recorded, on the account of {@link Warming#USER}. Thread-safe.
 */
final class CacheCalls {
  /**
   * Its account is not a newcomer's: an administrator who wants to bound it does so after its first
   * call, or before it.
   */
  private static final String WELCOME =
      "INSERT INTO users (user_id, tier) SELECT $1, name FROM tiers WHERE name = 'enterprise' ON"
          + " CONFLICT DO NOTHING";

  /** What records and meters call a comparison, after the function's name. */
  private static final String TUNE = "@tune";

  private final Warming warming;
  private final Database database;
  private final Clock clock;
  private final AtomicReference<Optional<Line>> line = new AtomicReference<>(Optional.empty());
  private volatile boolean welcomed;

  /** A way of one event loop, and its embedder. */
  private record Line(ResponseCache.Way way, Optional<Embedder> embedder) {}

  CacheCalls(Warming warming, Database database, Clock clock) {
    this.warming = warming;
    this.database = database;
    this.clock = clock;
  }

  /**
   * How one went.
   *
   * @param cache how the cache took part
   * @param cost what it cost, failed or not; attempts that had not ended count with their worst
   *     price
   * @param error why it failed, if it did
   * @param fate what becomes of its answer, known once it is stored; {@link Fate#UNFIT} of one that
   *     has none
   */
  record Went(CacheStatus cache, Usd cost, Optional<AIError> error, Future<Fate> fate) {}

  /** Here calls can be made. */
  void serve(ResponseCache.Way way, Optional<Embedder> embedder) {
    line.compareAndSet(Optional.empty(), Optional.of(new Line(way, embedder)));
  }

  /** A call that is planned and not made yet. */
  final class Planned {
    private final Line here;
    private final Exchange x;
    private final String owner;

    private Planned(Line here, Exchange x, String owner) {
      this.here = here;
      this.x = x;
      this.owner = owner;
    }

    /** How it was planned. */
    Exchange x() {
      return x;
    }

    /**
     * The most that it costs if it needs one attempt, the vector of its input included where its
     * function matches by meaning; empty where nothing bounds it.
     */
    Optional<Usd> atMost() {
      return here.way().atMost().apply(x).flatMap(one -> vectorAtMost().map(one::plus));
    }

    /** The most that the vector of its input costs; empty where nothing bounds it. */
    Optional<Usd> vectorAtMost() {
      var vector =
          x.plan()
              .function()
              .flatMap(f -> f.cache().similarity().isPresent() ? here.embedder() : Optional.empty())
              .flatMap(embedder -> embedder.attempt(x, ((Call.OfFunction) x.call()).input()));
      return vector.isEmpty() ? Optional.of(Usd.ZERO) : here.way().atMost().apply(vector.get());
    }

    /**
     * Makes it.
     *
     * @param cap what it may cost in all; empty for whatever the account's limits allow
     */
    Future<Went> make(Optional<Cap> cap) {
      return on(
          here,
          _ -> {
            cap.ifPresent(x.tally()::cap);
            warming.begin(x.origin().id(), owner);
            var way = here.way();
            return way.own()
                .watched(way.context(), x, () -> way.gateway().run(x))
                .transform(run -> Future.succeededFuture(went(x, run.cause())));
          });
    }
  }

  private Went went(Exchange x, Throwable cause) {
    return new Went(
        x.tally().cache(),
        x.tally().cap().map(Cap::taken).orElseGet(x.tally()::cost),
        Optional.ofNullable(cause).map(AIError::from),
        warming.end(x.origin().id()));
  }

  /**
   * Plans the call of a function for a user's answers, as a call of that user would be planned now;
   * fails where that cannot be.
   *
   * @param owner whose answer it is
   */
  Future<Planned> plan(String function, JsonNode input, String owner, CallOptions.CacheUse use) {
    return line()
        .compose(
            here ->
                welcome()
                    .compose(
                        _ ->
                            on(
                                here,
                                l ->
                                    as(
                                            l,
                                            open(
                                                l,
                                                function,
                                                input,
                                                new CallOptions(use, Optional.empty())),
                                            owner)
                                        .map(x -> new Planned(l, x, owner)))));
  }

  /** Weir's own account is no user's, and in no experiment. */
  private static Future<Exchange> as(Line here, Exchange x, String owner) {
    return owner.equals(Warming.USER) ? Future.succeededFuture(x) : here.way().arms().as(x, owner);
  }

  private Exchange open(Line here, String function, JsonNode input, CallOptions options) {
    var origin = new Origin(Ids.next(clock), Optional.empty(), Origin.Door.OWN, clock.nanoTime());
    return here.way()
        .gateway()
        .open(origin, new Call.OfFunction(function, input, false, options), Warming.PRINCIPAL);
  }

  /** Two inputs' similarity, and what it cost to learn it. */
  record Compared(double similarity, Usd cost) {}

  /**
   * Compares two inputs of a function: a call with two attempts at an embedding, admitted and
   * recorded like any other. Fails as a call does, with what it cost all the same as the detail
   * {@code cost_usd}.
   */
  Future<Compared> compare(String function, JsonNode one, JsonNode other) {
    return line()
        .compose(here -> welcome().compose(_ -> on(here, l -> compare(l, function, one, other))));
  }

  private Future<Compared> compare(Line here, String function, JsonNode one, JsonNode other) {
    var embedder =
        here.embedder()
            .orElseThrow(
                () -> AIError.invalid("There is no embedding model; set cache.embedding_model."));
    // Both must fit the function's schema before the first of them costs anything.
    open(here, function, other, CallOptions.DEFAULT);
    var planned = open(here, function, one, CallOptions.DEFAULT);
    // No model answers it: it is none of the calls that its function's figures are made of.
    var x = planned.replanned(planned.plan().labelled(planned.plan().label() + TUNE));
    Stage last = (on, _) -> both(embedder, on, one, other);
    var way = here.way();
    return way.own()
        .watched(way.context(), x, () -> way.story().apply(last).proceed(x))
        .map(reply -> new Compared(similarity(reply), x.tally().cost()))
        .recover(
            e ->
                Future.failedFuture(
                    AIError.from(e).with("cost_usd", x.tally().cost().dollars().toPlainString())));
  }

  private static Future<Reply> both(Embedder embedder, Exchange x, JsonNode one, JsonNode other) {
    return embedder
        .embed(x, one)
        .compose(
            a ->
                embedder
                    .embed(x, other)
                    .map(b -> new Reply.Whole(answer(a.vector().cosine(b.vector()), a.model()))));
  }

  private static Answer answer(double similarity, String model) {
    return new Answer(
        "",
        Optional.of(DoubleNode.valueOf(similarity)),
        Answer.Finish.STOP,
        model,
        Usage.NONE,
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  private static double similarity(Reply reply) {
    if (reply instanceof Reply.Whole(var answer)) {
      return answer.data().map(JsonNode::doubleValue).orElse(0.0);
    }
    throw new IllegalStateException("a comparison is no stream");
  }

  /** Without the database its calls are not admitted, whoever it is. */
  private Future<Void> welcome() {
    return welcomed
        ? Future.succeededFuture()
        : database
            .ledger(c -> c.preparedQuery(WELCOME).execute(Tuple.of(Warming.USER)))
            .onSuccess(_ -> welcomed = true)
            .<Void>mapEmpty()
            .otherwiseEmpty();
  }

  private Future<Line> line() {
    return line.get()
        .map(Future::succeededFuture)
        .orElseGet(
            () ->
                Future.failedFuture(
                    AIError.of(ErrorCode.DRAINING, "This node does not serve calls yet.")));
  }

  private static <T> Future<T> on(Line here, Function<Line, Future<T>> work) {
    var promise = Promise.<T>promise();
    here.way()
        .context()
        .runOnContext(
            _ -> {
              try {
                work.apply(here).onComplete(promise);
              } catch (RuntimeException e) {
                promise.fail(AIError.from(e));
              }
            });
    return promise.future();
  }
}
