package dev.weir.limits;

import dev.weir.core.AIError;
import org.jspecify.annotations.Nullable;

/**
 * What a process bounds by itself: calls at once, calls in a minute, tokens in a minute. A call
 * that one subject refuses takes nothing from the others; what it took and did not use comes back.
 *
 * <p>Tokens are taken by an estimate when the call comes, never more than a full minute's, and
 * settled by what it used when it ends; a bucket may then owe some, and lets nobody in until it has
 * made up for them. A process takes its part of a token limit, as many as there are replicas.
 *
 * <p>Of a subject that is new here, or whose limits have just changed, nothing is known when the
 * call comes. It keeps its place among those in flight and is held against the bounds once they are
 * known, before it takes a unit.
 */
final class Bounds {
  private Bounds() {}

  /** Counts a call in; why it must not go on, or null. {@link #leave} follows a refusal. */
  static @Nullable AIError enter(Charge charge, long tokens, long now) {
    AIError why = null;
    charge.estimated(tokens);
    for (var i = 0; i < charge.holders().length; i++) {
      var holder = charge.holders()[i];
      var at = holder.inFlight().incrementAndGet();
      var standing = holder.standing();
      if (standing.isEmpty()) {
        charge.unbounded(i, at);
      } else if (why == null) {
        why = enter(charge, i, at, standing.get(), now);
      }
    }
    return why;
  }

  /** Holds a call against bounds that were not known when it came and are by now. */
  static @Nullable AIError enterLate(Charge charge, long now) {
    for (var i = 0; i < charge.holders().length; i++) {
      var at = charge.unbounded(i);
      if (at == 0) {
        continue;
      }
      var standing = charge.holders()[i].standing();
      if (standing.isPresent()) {
        charge.unbounded(i, 0);
        var why = enter(charge, i, at, standing.get(), now);
        if (why != null) {
          return why;
        }
      }
    }
    return null;
  }

  private static @Nullable AIError enter(
      Charge charge, int i, int at, Standing standing, long now) {
    var holder = charge.holders()[i];
    var bounds = standing.bounds();
    if (at > bounds.concurrent()) {
      return Refusals.concurrent(holder.subject(), bounds.concurrent());
    }
    if (bounds.callsPerMinute() != Standing.NO_LIMIT) {
      var wait = holder.burst().take(1, bounds.callsPerMinute(), now);
      if (wait > 0) {
        return Refusals.burst(holder.subject(), bounds.callsPerMinute(), wait, "calls");
      }
      charge.tookBurst(i);
    }
    var perMinute = Holder.tokensPerMinute(standing);
    if (perMinute != Standing.NO_LIMIT && charge.estimate() > 0) {
      var wait = holder.tokens().take(Math.min(charge.estimate(), perMinute), perMinute, now);
      if (wait > 0) {
        return Refusals.burst(holder.subject(), bounds.tokensPerMinute(), wait, "tokens");
      }
      charge.tookTokens(i, Math.min(charge.estimate(), perMinute));
    }
    return null;
  }

  /** The call was refused after all, here or elsewhere: it gives back everything. */
  static void leave(Charge charge, long now) {
    for (var i = 0; i < charge.holders().length; i++) {
      var holder = charge.holders()[i];
      holder.inFlight().decrementAndGet();
      if (charge.hasBurst(i)) {
        holder
            .standing()
            .map(s -> s.bounds().callsPerMinute())
            .filter(perMinute -> perMinute != Standing.NO_LIMIT)
            .ifPresent(perMinute -> holder.burst().use(-1, perMinute, now));
      }
    }
    settle(charge, 0, now);
  }

  /** The call has ended and used so many tokens. */
  static void settle(Charge charge, long used, long now) {
    for (var i = 0; i < charge.holders().length; i++) {
      var took = charge.tokens(i);
      var standing = charge.holders()[i].standing();
      if (took == used || standing.isEmpty()) {
        continue;
      }
      var perMinute = Holder.tokensPerMinute(standing.get());
      if (perMinute != Standing.NO_LIMIT) {
        charge.holders()[i].tokens().use(used - took, perMinute, now);
      }
    }
  }
}
