package dev.weir.evaluation;

import dev.weir.contents.StoredContent;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.Ids;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.OwnCalls;
import dev.weir.storage.WriteBehind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Sends copies of calls to candidates, a few at a time, and notes each pair. A copy begins when its
 * call has ended, on the run's own account, and reaches nobody. Thread-safe.
 */
final class ShadowCalls {
  private static final Logger LOG = LogManager.getLogger(ShadowCalls.class);

  /** Copies under way at once in a process: what comes beyond is not copied. */
  static final int MOST = 16;

  /** What records and meters call a copy, after the function's name. */
  static final String LABEL = "@shadow";

  private static final CallOptions UNCACHED =
      new CallOptions(CallOptions.CacheUse.OFF, Optional.empty());

  /** About what a pair holds in memory, in bytes. */
  private static final int PAIR = 512;

  private final OwnCalls calls;
  private final WriteBehind<ShadowPair> pairs;
  private final Consumer<StoredContent> contents;
  private final EnumMap<Fate, Counter> fates = new EnumMap<>(Fate.class);
  private final Clock clock;
  private final AtomicInteger underWay = new AtomicInteger();

  ShadowCalls(
      OwnCalls calls,
      WriteBehind<ShadowPair> pairs,
      Consumer<StoredContent> contents,
      MeterRegistry registry,
      Clock clock) {
    this.calls = calls;
    this.pairs = pairs;
    this.contents = contents;
    this.clock = clock;
    for (var fate : Fate.values()) {
      fates.put(
          fate,
          Counter.builder("weir.shadow.calls")
              .tag("outcome", fate.name().toLowerCase(Locale.ROOT))
              .description("Calls that were drawn for a shadow run, by what became of their copies")
              .register(registry));
    }
  }

  /** What became of a copy. */
  private enum Fate {
    PAIRED,
    /** Too many are under way. */
    BUSY,
    /** Its account has no money left, or the house has too much to do. */
    REFUSED
  }

  /** Sends a copy, or does not if too many are under way. */
  void send(Shadow shadow, Live live) {
    if (!shadow.candidate().function().input().validate(live.input()).isEmpty()) {
      paired(shadow, live, Answered.UNASKED);
      return;
    }
    if (underWay.incrementAndGet() > MOST) {
      underWay.decrementAndGet();
      count(Fate.BUSY);
      return;
    }
    calls
        .make(
            new Call.OfFunction(live.function(), live.input(), false, UNCACHED),
            Accounts.principal(Accounts.ofShadow(shadow.run())),
            _ -> shadow.candidate().plan(live.function() + LABEL, live.input()))
        .onSuccess(made -> ended(shadow, live, made))
        .onFailure(_ -> count(Fate.REFUSED))
        .onComplete(_ -> underWay.decrementAndGet());
  }

  private void ended(Shadow shadow, Live live, OwnCalls.Made made) {
    if (!Answered.tells(made.tally(), made.error())) {
      LOG.debug(
          "A copy for {} was not sent: {}",
          shadow.run(),
          made.error().map(AIError::code).map(Enum::name).orElse(""));
      count(Fate.REFUSED);
      return;
    }
    paired(
        shadow,
        live,
        made.answer()
            .map(answer -> Answered.well(answer, made.tally(), made.took()))
            .orElseGet(
                () -> Answered.badly(made.error().orElseThrow(), made.tally(), made.took())));
  }

  private void paired(Shadow shadow, Live live, Answered copy) {
    count(Fate.PAIRED);
    pairs.add(ShadowPair.of(shadow.run(), live, copy), PAIR);
    live.shadow(Ids.next(clock), shadow.run(), shadow.candidate().function().version(), copy)
        .ifPresent(contents);
  }

  private void count(Fate fate) {
    Objects.requireNonNull(fates.get(fate)).increment();
  }
}
