package dev.weir.telemetry;

import java.util.Objects;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.StringLayout;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;

/**
 * Log4j's end of a {@link LineQueue}. The line is made on the logging thread, since messages may
 * change afterwards, and written by another.
 */
final class QueueAppender extends AbstractAppender {
  private final StringLayout layout;
  private final LineQueue queue;

  QueueAppender(StringLayout layout, LineQueue queue) {
    super("lines", null, layout, true, Property.EMPTY_ARRAY);
    this.layout = layout;
    this.queue = queue;
  }

  @Override
  public void append(LogEvent event) {
    queue.offer(Objects.requireNonNull(layout.toSerializable(event)));
  }
}
