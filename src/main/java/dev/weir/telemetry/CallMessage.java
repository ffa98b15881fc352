package dev.weir.telemetry;

import org.apache.logging.log4j.message.MapMessage;

/** A line with fields: they are members of the JSON object, and a sentence for people. */
final class CallMessage extends MapMessage<CallMessage, Object> {
  private final String sentence;

  CallMessage(String sentence) {
    super(32);
    this.sentence = sentence;
  }

  /** Adds a field: a string, number or boolean. */
  CallMessage field(String name, Object value) {
    return with(name, value);
  }

  @Override
  public String asString() {
    return sentence;
  }

  @Override
  public String getFormattedMessage() {
    return sentence;
  }

  @Override
  public void formatTo(StringBuilder buffer) {
    buffer.append(sentence);
  }
}
