package dev.weir.gateway;

import java.util.Optional;

/**
 * One call on its way through the stages. Immutable but for its {@link Tally} and {@link
 * Cancellation}, which all its copies share; a stage that changes the plan or starts an attempt
 * hands on a copy. Confined to one event loop.
 *
 * @param origin id, door and arrival
 * @param call what the caller asked for
 * @param principal who asked
 * @param plan how it is to be answered
 * @param attempt the attempt under way; present from the {@code Attempts} stage on
 * @param cancellation how it ends early
 * @param tally what it gathers
 */
public record Exchange(
    Origin origin,
    Call call,
    Principal principal,
    Plan plan,
    Optional<Attempt> attempt,
    Cancellation cancellation,
    Tally tally) {

  /** The same call under another plan. */
  public Exchange with(Plan other) {
    return new Exchange(origin, call, principal, other, attempt, cancellation, tally);
  }

  /**
   * The same call under a plan that stands for the whole call from here on: what was there before
   * it in the story, and its door, find it by {@link #followed}.
   */
  public Exchange replanned(Plan other) {
    tally.follow(other);
    return with(other);
  }

  /** The plan that the call really follows, also for those who saw it only as it came in. */
  public Plan followed() {
    return tally.followed().orElse(plan);
  }

  /** The same call, with an attempt begun. */
  public Exchange with(Attempt begun) {
    return new Exchange(origin, call, principal, plan, Optional.of(begun), cancellation, tally);
  }

  /** The attempt under way, for stages below {@code Attempts}. */
  public Attempt currentAttempt() {
    return attempt.orElseThrow(() -> new IllegalStateException("no attempt has begun"));
  }

  /** Whether the attempt under way makes a web search whatever the model decides: it is billed. */
  public boolean searches() {
    return switch (plan.ask()) {
      case Ask.Prompted prompted ->
          currentAttempt().target().search() || prompted.function().search().on();
      case Ask.Chat _ -> currentAttempt().target().search();
      case Ask.Embedding _ -> false;
    };
  }
}
