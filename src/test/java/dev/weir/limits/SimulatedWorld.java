package dev.weir.limits;

import dev.weir.core.Clock;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Time, nodes and the network between them and a real Postgres, all on the test's thread: an event
 * happens when its time has come and its node is neither dead nor paused. What the ledger is told
 * may be lost, doubled, late, or lost on the way back; what it notifies may be lost too.
 *
 * <p>The same seed gives the same story but for the order in which a node goes through its own sets
 * and for the moment at which Postgres delivers a notification.
 */
final class SimulatedWorld implements AutoCloseable {
  /**
   * Something that will happen.
   *
   * @param node where; null for what is under way in the network, or in the database
   */
  private record Event(long at, long order, @Nullable Node node, Runnable work) {}

  final Random random;
  private final Database pools;
  private final Connection wire;
  private final PreparedStatement setClock;
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(
          (a, b) -> a.at == b.at ? Long.compare(a.order, b.order) : Long.compare(a.at, b.at));
  private final List<Node> nodes = new ArrayList<>();
  private final Instant beginning;
  private long passed;
  private long order;
  private long outageUntil = -1;
  private boolean healed;

  SimulatedWorld(TestDatabase database, Database pools, Random random, Instant beginning)
      throws SQLException {
    this.random = random;
    this.pools = pools;
    this.beginning = beginning;
    wire = database.connect();
    setClock = wire.prepareStatement("UPDATE test_clock SET at = ?");
    try (var statement = wire.createStatement()) {
      statement.execute("LISTEN weir_recall");
      statement.execute("LISTEN weir_returns");
      statement.execute("LISTEN weir_subjects");
    }
  }

  Instant now() {
    return beginning.plusNanos(passed);
  }

  List<Node> nodes() {
    return nodes;
  }

  Node start() {
    var node = new Node();
    nodes.add(node);
    return node;
  }

  /** Does it after so long, if the node lives then, and not while it is paused. */
  void after(@Nullable Node node, Duration delay, Runnable work) {
    events.add(new Event(passed + delay.toNanos(), order++, node, work));
  }

  /** Lets time pass, with everything that happens in it. */
  void pass(Duration time) {
    var until = passed + time.toNanos();
    while (!events.isEmpty() && events.peek().at <= until) {
      var event = events.poll();
      if (event.node != null && event.node.dead) {
        continue;
      }
      if (event.node != null && event.node.pausedUntil > Math.max(event.at, passed)) {
        events.add(new Event(event.node.pausedUntil, event.order, event.node, event.work));
        continue;
      }
      passed = Math.max(passed, event.at);
      event.work.run();
    }
    passed = until;
  }

  /** All machines sleep: what should have happened meanwhile happens at its end. */
  void leap(Duration time) {
    passed += time.toNanos();
  }

  void outage(Duration time) {
    outageUntil = passed + time.toNanos();
  }

  /** From now on no message is lost and nobody pauses. */
  void heal() {
    healed = true;
    outageUntil = -1;
    nodes.forEach(node -> node.pausedUntil = 0);
  }

  /** Whether something went wrong at or with this node so lately that it may know too little. */
  boolean troubled(Node node) {
    return passed - Math.max(node.troubleAt, Math.max(node.pausedUntil, outageUntil))
        < Duration.ofSeconds(20).toNanos();
  }

  Duration upTo(Duration most) {
    return Duration.ofNanos((long) (random.nextDouble() * most.toNanos()));
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  /** Sets the ledger's clock to this world's, and passes on what the ledger has to say. */
  void synchronize() {
    try {
      setClock.setObject(1, now().atOffset(ZoneOffset.UTC));
      setClock.execute();
      var notifications = wire.unwrap(PGConnection.class).getNotifications();
      if (notifications != null) {
        for (var notification : notifications) {
          for (var node : nodes) {
            if (!chance(0.1)) {
              after(
                  node,
                  upTo(Duration.ofMillis(200)),
                  () -> node.hear(notification.getName(), notification.getParameter()));
            }
          }
        }
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws SQLException {
    wire.close();
  }

  /** A process: its desk, its limits, its clocks, and its wire to the ledger. */
  final class Node implements Clock, LeaseDesk.Loop, Ledger {
    final UUID process = UUID.randomUUID();
    private final Ledger postgres = new PostgresLedger(pools, process, "simulated");
    private final Duration skew = upTo(Duration.ofMinutes(10)).minusMinutes(5);
    private final long origin = random.nextLong();
    private final LeaseDesk desk = new LeaseDesk(this, this, this);
    final Limits limits = new Limits(desk, this, Limits.Enforcement.ENFORCE);
    private boolean dead;
    private long pausedUntil;
    private long troubleAt = -Duration.ofHours(1).toNanos();

    private Node() {
      desk.start();
    }

    void pause(Duration time) {
      pausedUntil = Math.max(pausedUntil, passed + time.toNanos());
    }

    void crash() {
      dead = true;
      nodes.remove(this);
    }

    boolean dead() {
      return dead;
    }

    /** Gives everything back; all calls have ended, their rows are written. */
    void leave(Runnable done) {
      desk.close(done);
    }

    private void hear(String channel, String payload) {
      switch (channel) {
        case "weir_recall" -> {
          var space = payload.indexOf(' ');
          if (!payload.substring(0, space).equals(process.toString())) {
            limits.recalled(payload.substring(space + 1));
          }
        }
        case "weir_returns" -> limits.returned(payload);
        default -> limits.changed(payload);
      }
    }

    @Override
    public Instant now() {
      return SimulatedWorld.this.now().plus(skew);
    }

    @Override
    public long nanoTime() {
      return origin + passed;
    }

    @Override
    public void run(Runnable work) {
      SimulatedWorld.this.after(this, Duration.ZERO, work);
    }

    @Override
    public void after(Duration delay, Runnable work) {
      SimulatedWorld.this.after(this, delay, work);
    }

    @Override
    public Future<List<Answer>> exchange(Request request) {
      var promise = Promise.<List<Answer>>promise();
      var there = upTo(Duration.ofMillis(chance(0.9) ? 5 : 800));
      var back = upTo(Duration.ofMillis(chance(0.9) ? 5 : 800));
      if (healed) {
        arrives(request, there, back, promise);
        return promise.future();
      }
      if (passed < outageUntil || chance(0.03)) {
        trouble();
        after(there.plus(back), () -> promise.tryFail("lost on the way there"));
        return promise.future();
      }
      if (chance(0.03)) {
        trouble();
        arrives(request, there, back, Promise.promise());
        after(there.plus(back), () -> promise.tryFail("lost on the way back"));
      } else if (chance(0.02)) {
        trouble();
        arrives(request, there.plus(upTo(Duration.ofSeconds(30))), back, Promise.promise());
        after(there.plus(back), () -> promise.tryFail("it will be there some day"));
      } else {
        arrives(request, there, back, promise);
        if (chance(0.04)) {
          arrives(request, there.plus(upTo(Duration.ofSeconds(5))), back, Promise.promise());
        }
      }
      return promise.future();
    }

    private void trouble() {
      troubleAt = passed;
    }

    /** Messages go on without their sender, so this is nobody's event. */
    private void arrives(
        Request request, Duration there, Duration back, Promise<List<Answer>> promise) {
      SimulatedWorld.this.after(
          null,
          there,
          () -> {
            synchronize();
            var answer = postgres.exchange(request);
            List<Answer> answers = null;
            Throwable failure = null;
            try {
              answers = answer.await();
            } catch (RuntimeException e) {
              failure = e;
            }
            synchronize();
            var got = answers;
            var failed = failure;
            if (failed != null && !(failed instanceof Fenced)) {
              throw new AssertionError("the ledger could not do " + request, failed);
            }
            after(
                back,
                () -> {
                  if (failed == null) {
                    promise.tryComplete(got);
                  } else {
                    promise.tryFail(failed);
                  }
                });
          });
    }
  }
}
