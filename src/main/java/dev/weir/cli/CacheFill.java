package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Obstacle;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Asks for the inputs of a file, several at a time, in their order. An input that fails is told and
 * the others go on; what no other would fare better with ends it: a refused key, a limit of the
 * account, a service that is gone. What is under way then is waited for. For one thread; blocks.
 */
final class CacheFill {
  private final HttpDoor door;
  private final Purse purse;
  private final ProgressBar bar;
  private final FillCount count;
  private final Queue<LinesFile.Line> rest =
      new PriorityQueue<>(Comparator.comparingInt(LinesFile.Line::number));
  private final BlockingQueue<Went> ended = new LinkedBlockingQueue<>();
  private Optional<RuntimeException> end = Optional.empty();
  private boolean tooDear;

  /**
   * Asks for nothing yet.
   *
   * @param door the management API
   * @param purse what it may cost, and how many at a time
   * @param bar where it shows how far it is
   * @param count what it adds up
   * @param lines the inputs
   */
  CacheFill(
      HttpDoor door, Purse purse, ProgressBar bar, FillCount count, List<LinesFile.Line> lines) {
    this.door = door;
    this.purse = purse;
    this.bar = bar;
    this.count = count;
    rest.addAll(lines);
  }

  /** How an input fared: with a reply, or with none. */
  private record Went(
      LinesFile.Line line,
      Purse.Part part,
      Optional<HttpDoor.Reply> reply,
      Optional<RuntimeException> failure) {}

  /**
   * Asks for all of them, or for as many as may be.
   *
   * @return what ended it before that; empty if nothing did, or there was no more money
   */
  Optional<RuntimeException> run() throws InterruptedException {
    bar.show(0);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      begin(threads);
      while (purse.isOut()) {
        take(ended.take());
        begin(threads);
      }
    } finally {
      bar.end();
    }
    return end;
  }

  /** Whether inputs are left that could cost more than there is. */
  boolean ranOut() {
    return end.isEmpty() && !rest.isEmpty();
  }

  private void begin(Executor threads) {
    while (end.isEmpty() && !tooDear && !rest.isEmpty()) {
      var part = purse.take();
      if (part.isEmpty()) {
        return;
      }
      var line = rest.remove();
      threads.execute(() -> ended.add(ask(line, part.get())));
    }
  }

  private Went ask(LinesFile.Line line, Purse.Part part) {
    try {
      var body = line.json().deepCopy();
      cap(line, part).ifPresent(cap -> body.put("max_usd", cap));
      var reply = door.ask("POST", "/api/cache/warm", Optional.of(body), Map.of());
      return new Went(line, part, Optional.of(reply), Optional.empty());
    } catch (RuntimeException e) {
      return new Went(line, part, Optional.empty(), Optional.of(e));
    }
  }

  /** The part as a cap, where the line itself says none that is lower, nor one that is no sum. */
  private static Optional<BigDecimal> cap(LinesFile.Line line, Purse.Part part) {
    var own = line.json().path("max_usd");
    return part.cap()
        .filter(
            cap ->
                own.isMissingNode()
                    || own.isNull()
                    || (own.isNumber() && cap.compareTo(own.decimalValue()) < 0));
  }

  private void take(Went went) {
    var cost = went.reply().map(CacheFill::cost).orElse(BigDecimal.ZERO);
    purse.settle(went.part(), cost);
    if (went.failure().isPresent()) {
      end = end.or(went::failure);
      return;
    }
    var reply = went.reply().orElseThrow();
    if (reply.ok()) {
      bar.show(count.add(reply.json().path("cache").asText(), cost));
      return;
    }
    var obstacle = obstacle(reply);
    if (obstacle == Obstacle.CAP && cap(went.line(), went.part()).isPresent()) {
      count.paid(cost);
      capped(went);
    } else if (obstacle.isOfOthersUnderWay() && cost.signum() == 0 && purse.narrow()) {
      rest.add(went.line());
    } else if (obstacle.endsTheRow()) {
      end = end.or(() -> Optional.of(HttpDoor.refused(reply)));
      if (cost.signum() > 0) {
        failed(went.line(), reply, cost);
      } else {
        rest.add(went.line());
      }
    } else {
      failed(went.line(), reply, cost);
    }
  }

  private void failed(LinesFile.Line line, HttpDoor.Reply reply, BigDecimal cost) {
    bar.say("line " + line.number() + ": " + reply.json().path("detail").asText());
    bar.show(count.add("failed", cost));
  }

  /**
   * Its part of the money was too small, from the beginning or after the vector of its input or an
   * attempt in vain.
   */
  private void capped(Went went) {
    rest.add(went.line());
    purse.tooSmall();
    tooDear = went.part().whole();
  }

  private static Obstacle obstacle(HttpDoor.Reply reply) {
    return Obstacle.of(
        reply.json().path("code").asText(), reply.json().at("/details/limit").asText());
  }

  /** One that failed may have cost something all the same. */
  private static BigDecimal cost(HttpDoor.Reply reply) {
    return reply.ok()
        ? reply.json().path("cost_usd").decimalValue()
        : amount(reply.json().at("/details/cost_usd"));
  }

  private static BigDecimal amount(JsonNode text) {
    return text.isTextual() ? new BigDecimal(text.textValue()) : BigDecimal.ZERO;
  }
}
