package dev.weir.telemetry;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.StringLayout;
import org.apache.logging.log4j.core.config.AbstractConfiguration;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.layout.PatternLayout;
import org.apache.logging.log4j.layout.template.json.JsonTemplateLayout;

/**
 * Log4j's configuration in code: one appender, one level for Weir's own loggers and one for
 * everybody else's, which is never finer than INFO: Netty at DEBUG would bury all else.
 */
final class LogConfiguration extends AbstractConfiguration {
  /** The root of Weir's own loggers. */
  static final String OWN = "dev.weir";

  /** Warns that Vert.x registers a gauge once for each event loop, which is harmless. */
  private static final String CHATTY = "io.micrometer.core.instrument.MeterRegistry";

  /**
   * Flyway tells of every file; what counts is told by whoever migrates, and a failure by its
   * exception.
   */
  private static final String MIGRATIONS = "org.flywaydb";

  private static final String EVENT = "classpath:dev/weir/telemetry/log-event.json";

  /** Control characters in a message could forge lines and steer a terminal. */
  private static final String PRETTY =
      "%style{%d{HH:mm:ss.SSS}}{dim} %highlight{%-5level}{DEBUG=blue, INFO=green, WARN=yellow,"
          + " ERROR=red bold} %style{%-16c{1}}{cyan} %replace{%m}{[\\x00-\\x1f\\x7f-\\x9f]}{"
          + " }%n%ex";

  private final Level level;

  LogConfiguration(LoggerContext context, Level level) {
    super(context, ConfigurationSource.NULL_SOURCE);
    this.level = level;
    setName("weir");
    // Log4j would stop at the signal at which the drain begins; Logs.close() is the end instead.
    isShutdownHookEnabled = false;
  }

  /** One JSON object a line. */
  StringLayout json() {
    return JsonTemplateLayout.newBuilder()
        .setConfiguration(this)
        .setEventTemplateUri(EVENT)
        .build();
  }

  /** Lines for people. */
  StringLayout pretty(boolean colours) {
    return PatternLayout.newBuilder()
        .withConfiguration(this)
        .withPattern(PRETTY)
        .withDisableAnsi(!colours)
        .build();
  }

  /** Where the lines go. */
  void to(Appender appender) {
    appender.start();
    addAppender(appender);
    getRootLogger().addAppender(appender, null, null);
    getRootLogger().setLevel(ofOthers(level));
    addLogger(OWN, new LoggerConfig(OWN, level, true));
    addLogger(CHATTY, new LoggerConfig(CHATTY, Level.ERROR, true));
    addLogger(MIGRATIONS, new LoggerConfig(MIGRATIONS, Level.ERROR, true));
  }

  /** The level of other people's loggers beside one of ours. */
  static Level ofOthers(Level own) {
    return own.isLessSpecificThan(Level.INFO) ? Level.INFO : own;
  }

  @Override
  protected void doConfigure() {
    // Everything is set in code, before the start.
  }
}
