package dev.weir.storage;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.pubsub.PgSubscriber;
import io.vertx.sqlclient.Tuple;
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
  private static final String SEND = "SELECT pg_notify($1, $2)";

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
    listen(channel, listener, () -> {});
  }

  /**
   * As {@link #listen(String, Consumer)}, with word of each moment from which on the channel is
   * heard: at first, and again after each time that the connection broke. What was sent in between
   * is lost.
   */
  public void listen(String channel, Consumer<String> listener, Runnable heard) {
    subscriber
        .channel(channel)
        .subscribeHandler(_ -> heard.run())
        .handler(
            payload -> {
              try {
                listener.accept(payload);
              } catch (RuntimeException e) {
                LOG.warn("A listener of {} failed on '{}'", channel, payload, e);
              }
            });
  }

  /**
   * Sends word by this connection, so that hearing it again proves that the connection lives and
   * that all that was sent before it was heard.
   *
   * @return fails while there is no connection
   */
  public Future<Void> send(String channel, String payload) {
    var connection = subscriber.actualConnection();
    return connection == null
        ? Future.failedFuture(new StorageException("no connection for notifications"))
        : connection.preparedQuery(SEND).execute(Tuple.of(channel, payload)).mapEmpty();
  }

  /** Breaks a connection that does not answer, so that another is made. */
  public void reconnect() {
    var connection = subscriber.actualConnection();
    if (connection != null) {
      connection.close().onFailure(e -> LOG.debug("A dead connection: {}", e.getMessage()));
    }
  }

  /** Closes the connection. */
  public Future<Void> close() {
    return subscriber.close();
  }
}
