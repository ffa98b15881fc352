package dev.weir.wire;

import dev.weir.gateway.CallOptions;
import dev.weir.gateway.CallOptions.CacheUse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads what a caller wants of the cache from its headers: the standard {@code cache-control}, of
 * which {@code no-cache}, {@code no-store} and {@code max-age} are heeded and all else ignored, and
 * Weir's own {@code x-weir-cache-control}, which knows {@code use}, {@code refresh} and {@code off}
 * beside them and is strict.
 */
public final class CacheControl {
  /** The name of Weir's own header. */
  public static final String OWN = "x-weir-cache-control";

  private CacheControl() {}

  /**
   * Options with the headers' wishes in them. What restricts the cache counts from either; Weir's
   * own header may also switch it on.
   *
   * @param options what the body or the door says
   * @param standard the values of {@code cache-control}
   * @param own the values of {@code x-weir-cache-control}
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} for a word of the own header that it does
   *     not know
   */
  public static CallOptions apply(CallOptions options, List<String> standard, List<String> own) {
    if (standard.isEmpty() && own.isEmpty()) {
      return options;
    }
    var wish = new Wish(options.cache(), options.maxAge());
    for (var word : words(own)) {
      wish.own(word);
    }
    for (var word : words(standard)) {
      var _ = wish.restrict(word);
    }
    return options.caching(wish.use, wish.maxAge);
  }

  private static List<String> words(List<String> values) {
    return values.stream()
        .flatMap(value -> List.of(value.split(",", -1)).stream())
        .map(word -> word.strip().toLowerCase(Locale.ROOT))
        .filter(word -> !word.isEmpty())
        .toList();
  }

  /** What is wished so far. */
  private static final class Wish {
    private CacheUse use;
    private Optional<Duration> maxAge;

    Wish(CacheUse use, Optional<Duration> maxAge) {
      this.use = use;
      this.maxAge = maxAge;
    }

    void own(String word) {
      if (restrict(word)) {
        // An age alone asks for the cache too.
        use = word.startsWith("max-age=") && isOff() ? CacheUse.USE : use;
        return;
      }
      use =
          switch (word) {
            case "use" -> CacheUse.USE;
            case "refresh" -> CacheUse.REFRESH;
            case "off" -> CacheUse.OFF;
            default ->
                throw Members.fault(
                    OWN,
                    "must be one of use, refresh, off, no-cache, no-store or max-age=SECONDS.");
          };
    }

    /** Heeds a standard word; whether it is one. */
    boolean restrict(String word) {
      switch (word) {
        case "no-store" -> use = CacheUse.OFF;
        case "no-cache" ->
            use =
                switch (use) {
                  case OFF -> CacheUse.OFF;
                  case AS_KEY, REFRESH_AS_KEY -> CacheUse.REFRESH_AS_KEY;
                  case USE, REFRESH -> CacheUse.REFRESH;
                };
        default -> {
          var seconds = seconds(word);
          seconds.ifPresent(age -> maxAge = Optional.of(CallOptionsReader.age(age)));
          return seconds.isPresent();
        }
      }
      return true;
    }

    private boolean isOff() {
      return use == CacheUse.OFF || use == CacheUse.AS_KEY;
    }

    private static Optional<Long> seconds(String word) {
      var digits = word.startsWith("max-age=") ? word.substring("max-age=".length()) : "";
      return digits.matches("[0-9]{1,15}") ? Optional.of(Long.parseLong(digits)) : Optional.empty();
    }
  }
}
