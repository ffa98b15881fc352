package dev.weir.storage;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.pubsub.PgSubscriber;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What the database tells by NOTIFY, on one connection of its own, which is made again when it
 * breaks. Some notifications may be lost then, so nothing may rest on them alone.
 *
 * <p>The connection must go past a transaction-mode pooler, which would forget who listens.
 * Listeners are called on an event loop and must not block.
 */
public final class Notifications {
  private static final Logger LOG = LogManager.getLogger(Notifications.class);
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private final PgSubscriber subscriber;

  private Notifications(PgSubscriber subscriber) {
    this.subscriber = subscriber;
  }

  /**
   * Connects, and keeps trying for as long as that fails.
   *
   * @param url a direct address of the database
   */
  public static Notifications open(Vertx vertx, DatabaseUrl url) {
    var subscriber = PgSubscriber.subscriber(vertx, url.connectOptions());
    subscriber.reconnectPolicy(_ -> AGAIN.toMillis());
    var notifications = new Notifications(subscriber);
    notifications.connect(vertx);
    return notifications;
  }

  private void connect(Vertx vertx) {
    subscriber
        .connect()
        .onFailure(
            e -> {
              LOG.debug("No connection for notifications yet: {}", e.getMessage());
              vertx.setTimer(AGAIN.toMillis(), _ -> connect(vertx));
            });
  }

  /** Hears what is sent to a channel from now on. */
  public void listen(String channel, Consumer<String> listener) {
    subscriber
        .channel(channel)
        .handler(
            payload -> {
              try {
                listener.accept(payload);
              } catch (RuntimeException e) {
                LOG.warn("A listener of {} failed on '{}'", channel, payload, e);
              }
            });
  }

  /** Closes the connection. */
  public Future<Void> close() {
    return subscriber.close();
  }
}
