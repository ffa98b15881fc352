package dev.weir.gateway;

import dev.weir.core.AIError;
import dev.weir.core.Usage;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * One request to a provider, and how far it came. What the spending and metering stages must know
 * even when it fails stands here: whether anything was sent, and what had been produced by then.
 * Confined to the call's event loop.
 */
public final class Attempt {
  private final UUID id;
  private final int number;
  private final Target target;
  private final StringBuilder produced = new StringBuilder();
  private boolean sent;
  private boolean refused;
  private Optional<Usage> reported = Optional.empty();
  private CallMarks.OfAttempt marks = CallMarks.OfAttempt.NONE;
  private Supplier<Optional<AIError>> check = Optional::empty;

  /**
   * An attempt that has not begun.
   *
   * @param id its own id (UUIDv7)
   * @param number counted from 1 within the call
   * @param target whom it asks
   */
  public Attempt(UUID id, int number, Target target) {
    this.id = id;
    this.number = number;
    this.target = target;
  }

  /** Its own id. */
  public UUID id() {
    return id;
  }

  /** Its number within the call, from 1. */
  public int number() {
    return number;
  }

  /** Whom it asks. */
  public Target target() {
    return target;
  }

  /** Sets where it leaves durable marks; called before it can be sent. */
  public void marks(CallMarks.OfAttempt where) {
    marks = where;
  }

  /** Where it leaves durable marks. */
  public CallMarks.OfAttempt marks() {
    return marks;
  }

  /** Sets what is asked at the last moment, which may lie long after the attempt began. */
  public void beforeSending(Supplier<Optional<AIError>> last) {
    check = last;
  }

  /** Asked by the provider just before the first byte goes upstream: why it must not, or empty. */
  public Optional<AIError> refusalToSend() {
    return check.get();
  }

  /** Told by the provider just before the first byte goes upstream. */
  public void markSent() {
    marks.sent();
    sent = true;
  }

  /** Whether a byte went upstream: from then on it may cost money. */
  public boolean sent() {
    return sent;
  }

  /**
   * Told by the provider when it was answered with an error status before any token: it costs
   * nothing.
   */
  public void markRefused() {
    refused = true;
  }

  /** Whether the provider refused it before producing anything. */
  public boolean refused() {
    return refused;
  }

  /** Told by the provider of each piece of text that a stream delivered. */
  public void produced(String text) {
    produced.append(text);
    marks.produced(produced.length());
  }

  /** The text delivered so far by a stream; what a cancelled one is billed for. */
  public CharSequence produced() {
    return produced;
  }

  /** Told by the provider as soon as it knows the usage, also when the attempt then fails. */
  public void report(Usage usage) {
    reported = Optional.of(usage);
  }

  /** The provider's own figures, if it gave any. */
  public Optional<Usage> reported() {
    return reported;
  }
}
