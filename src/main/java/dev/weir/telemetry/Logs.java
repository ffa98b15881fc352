package dev.weir.telemetry;

import dev.weir.config.LoggingSettings;
import dev.weir.config.Terminal;
import dev.weir.core.AIError;
import dev.weir.core.Secret;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.StringLayout;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.impl.Log4jLogEvent;
import org.apache.logging.log4j.jul.Log4jBridgeHandler;
import org.apache.logging.log4j.message.SimpleMessage;

/**
 * The log of the process. One line an event to standard output: JSON, or coloured for people.
 * Log4j, SLF4J, java.util.logging and Vert.x all end here. Whoever logs never waits: lines go
 * through a bounded queue, and what does not fit is dropped and counted.
 *
 * <p>{@link #bridge} is the first statement of {@code main}; {@link #start} follows as soon as the
 * settings are read; {@link #close} is the last thing that a shutdown does. Thread-safe.
 */
public final class Logs implements AutoCloseable {
  private static final List<String> LEVELS = List.of("DEBUG", "INFO", "WARN", "ERROR");

  private final LineQueue queue;

  private Logs(LineQueue queue) {
    this.queue = queue;
  }

  /**
   * Leads the other logging systems here. They choose once, when their first class is loaded, so
   * this comes before anything of Vert.x and before any logger.
   */
  public static void bridge() {
    System.setProperty(
        "vertx.logger-delegate-factory-class-name",
        "io.vertx.core.logging.Log4j2LogDelegateFactory");
    System.setProperty("java.util.logging.manager", "org.apache.logging.log4j.jul.LogManager");
    System.setProperty("log4j2.formatMsgNoLookups", "true");
  }

  /**
   * Starts logging to standard output.
   *
   * @param settings level and format
   * @param secrets what is masked wherever it stands ({@code WeirConfig.secrets()})
   */
  public static Logs start(LoggingSettings settings, List<Secret> secrets) {
    var colours = System.getenv("NO_COLOR") == null && Terminal.attached();
    return start(settings, secrets, new FileOutputStream(FileDescriptor.out), colours);
  }

  /**
   * Starts logging to a stream.
   *
   * @param settings how
   * @param secrets what must never stand in a line
   * @param out where lines go, from a thread of its own; never closed
   * @param colours whether the lines of a terminal are coloured
   */
  public static Logs start(
      LoggingSettings settings, List<Secret> secrets, OutputStream out, boolean colours) {
    bridge();
    if (!(java.util.logging.LogManager.getLogManager()
        instanceof org.apache.logging.log4j.jul.LogManager)) {
      Log4jBridgeHandler.install(true, "", true); // Somebody logged before bridge() was called.
    }
    var context = (LoggerContext) LogManager.getContext(false);
    var configuration = new LogConfiguration(context, level(settings.level()));
    var layout = settings.json() ? configuration.json() : configuration.pretty(colours);
    var redacting = new Redacting(secrets);
    var queue = new LineQueue(out, redacting::redact, missing -> note(layout, missing));
    queue.start();
    configuration.to(new QueueAppender(layout, queue));
    context.reconfigure(configuration);
    return new Logs(queue);
  }

  /**
   * Changes the level while everything runs.
   *
   * @param level DEBUG, INFO, WARN or ERROR, in any case; DEBUG is for Weir's own loggers only
   * @throws AIError {@code INVALID_REQUEST} for any other
   */
  public void changeLevel(String level) {
    var own = level(level);
    Configurator.setLevel(LogConfiguration.OWN, own);
    Configurator.setRootLevel(LogConfiguration.ofOthers(own));
  }

  /** The level of Weir's own loggers. */
  public String level() {
    return LogManager.getLogger(LogConfiguration.OWN).getLevel().name();
  }

  /** Lines dropped since the start because standard output was too slow or gone. */
  public long dropped() {
    return queue.dropped();
  }

  /** Writes what is queued, waiting two seconds at most. */
  @Override
  public void close() {
    queue.close();
  }

  private static Level level(String name) {
    var capitals = name.toUpperCase(Locale.ROOT);
    if (!LEVELS.contains(capitals)) {
      throw AIError.invalid("The log level must be one of DEBUG, INFO, WARN, ERROR.");
    }
    return Level.valueOf(capitals);
  }

  private static String note(StringLayout layout, long missing) {
    return Objects.requireNonNull(
        layout.toSerializable(
            Log4jLogEvent.newBuilder()
                .setLoggerName(Logs.class.getName())
                .setLevel(Level.WARN)
                .setMessage(
                    new SimpleMessage(
                        missing + " log lines were dropped: standard output is too slow"))
                .build()));
  }
}
