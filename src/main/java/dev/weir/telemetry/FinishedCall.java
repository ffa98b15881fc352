package dev.weir.telemetry;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What the log and the meters are told of a call that has ended, refused ones included. It holds no
 * prompt and no answer, so none can be logged by mistake.
 *
 * @param id the gateway's own id of it
 * @param correlation the caller's id
 * @param door which door it came through, as in records
 * @param function the function's name or {@code chat}; empty if it was refused before that was
 *     known
 * @param user the user it went for; written as a hash, never as it stands
 * @param variant the experiment's arm
 * @param model the {@code provider/model} that answered last
 * @param error why it failed, or empty
 * @param cache how the cache took part, as in {@code x-weir-cache}
 * @param streamed whether it was answered piece by piece
 * @param simulated whether the sandbox stood in
 * @param retries retries and fallbacks made
 * @param took from its arrival to its end
 * @param firstByte from its arrival to the first piece of the answer
 * @param repairs how often something was mended in its answer, by kind; the kinds are few
 * @param output what became of its answer, judged by an output schema: one of few words, or empty
 * @param attempts what was asked of providers
 */
public record FinishedCall(
    UUID id,
    Optional<String> correlation,
    String door,
    Optional<String> function,
    Optional<String> user,
    Optional<String> variant,
    Optional<String> model,
    Optional<AIError> error,
    String cache,
    boolean streamed,
    boolean simulated,
    int retries,
    Duration took,
    Optional<Duration> firstByte,
    Map<String, Integer> repairs,
    Optional<String> output,
    List<Attempted> attempts) {

  /**
   * One attempt at a provider.
   *
   * @param provider the provider's configured name
   * @param failure why it failed, or empty
   * @param took from its start to its end
   * @param usage what it consumed
   * @param cost by our prices; zero if the model has none
   */
  public record Attempted(
      String provider, Optional<ErrorCode> failure, Duration took, Usage usage, Usd cost) {}

  /** Copies the collections. */
  public FinishedCall {
    repairs = Map.copyOf(repairs);
    attempts = List.copyOf(attempts);
  }

  /** The code of its outcome: {@code OK} or one of the catalogue. */
  public String code() {
    return error.map(e -> e.code().name()).orElse("OK");
  }

  /** Its HTTP status. */
  public int status() {
    return error.map(e -> e.code().status()).orElse(200);
  }

  /** What all attempts consumed. */
  public Usage usage() {
    return attempts.stream().map(Attempted::usage).reduce(Usage.NONE, Usage::plus);
  }

  /** What all attempts cost. */
  public Usd cost() {
    return attempts.stream().map(Attempted::cost).reduce(Usd.ZERO, Usd::plus);
  }
}
