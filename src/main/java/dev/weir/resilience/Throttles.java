package dev.weir.resilience;

import dev.weir.config.ProviderSettings;
import dev.weir.core.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The adaptive limits of this process, one for each configured provider. Thread-safe. */
public final class Throttles {
  private final Map<String, Throttle> throttles;

  /**
   * Full limits.
   *
   * @param providers with their pools' sizes, which are per event loop
   * @param loops event loops
   * @param clock measures answers
   */
  public Throttles(Collection<ProviderSettings> providers, int loops, Clock clock) {
    throttles =
        providers.stream()
            .filter(p -> p.protocol() != ProviderSettings.Protocol.SANDBOX)
            .collect(
                Collectors.toUnmodifiableMap(
                    ProviderSettings::name,
                    p ->
                        new Throttle(
                            p.name(), p.connections() * loops, p.waiting() * loops, clock)));
  }

  /** Where nothing is limited. */
  public static Throttles none() {
    return new Throttles(List.of(), 1, Clock.system());
  }

  Optional<Throttle> of(String provider) {
    return Optional.ofNullable(throttles.get(provider));
  }

  /** The providers that have one. */
  public Collection<String> providers() {
    return throttles.keySet();
  }

  /** Attempts that may be under way at a provider now; 0 for an unknown one. */
  public int limit(String provider) {
    return of(provider).map(Throttle::limit).orElse(0);
  }

  /** Attempts under way there. */
  public int underWay(String provider) {
    return of(provider).map(Throttle::underWay).orElse(0);
  }

  /** Attempts that wait for a place. */
  public int waiting(String provider) {
    return of(provider).map(Throttle::waiting).orElse(0);
  }

  /** Attempts turned away since the start because too many waited. */
  public long refused(String provider) {
    return of(provider).map(Throttle::refused).orElse(0L);
  }
}
