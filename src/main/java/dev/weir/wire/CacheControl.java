package dev.weir.wire;

import dev.weir.gateway.CallOptions;
import dev.weir.gateway.CallOptions.CacheUse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads what a caller wants of the cache from its headers: the standard {@code cache-control}, of
 * which {@code no-cache}, {@code no-store}, {@code only-if-cached} and {@code max-age} are heeded
 * and all else ignored, and Weir's own {@code x-weir-cache-control}, which knows {@code use},
 * {@code refresh} and {@code off} beside them and is strict. Either may hold several words, in any
 * case; an argument may be quoted and have white space around its {@code =} (RFC 9111, section 5.2,
 * which says so of the quotes).
 */
public final class CacheControl {
  /** The name of Weir's own header. */
  public static final String OWN = "x-weir-cache-control";

  /** An age of more of them is longer than anything is kept. */
  private static final int MOST_DIGITS = 15;

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
    var wish = new Wish(options.cache(), options.maxAge(), options.onlyKept());
    for (var word : words(own)) {
      wish.own(word);
    }
    for (var word : words(standard)) {
      var _ = wish.restrict(word);
    }
    return options.caching(wish.use, wish.maxAge, wish.onlyKept);
  }

  private static List<String> words(List<String> values) {
    return values.stream()
        .flatMap(value -> split(value).stream())
        .map(word -> plain(word.strip().toLowerCase(Locale.ROOT)))
        .filter(word -> !word.isEmpty())
        .toList();
  }

  /**
   * What stands between commas; one in quotes separates nothing, unless a quote never ends: that
   * one must not hide what is said after it.
   */
  private static List<String> split(String value) {
    var words = new ArrayList<String>();
    var quoted = false;
    var from = 0;
    for (var i = 0; i < value.length(); i++) {
      switch (value.charAt(i)) {
        case '"' -> quoted = !quoted;
        case '\\' -> i += quoted ? 1 : 0;
        case ',' -> {
          if (!quoted) {
            words.add(value.substring(from, i));
            from = i + 1;
          }
        }
        default -> {}
      }
    }
    words.add(value.substring(from));
    return quoted ? List.of(value.split(",", -1)) : words;
  }

  /** A word with its argument as it is written most: {@code max-age = "60"} is max-age=60. */
  private static String plain(String word) {
    var equals = word.indexOf('=');
    if (equals < 0) {
      return word;
    }
    var argument = word.substring(equals + 1).strip();
    var quoted = argument.length() >= 2 && argument.startsWith("\"") && argument.endsWith("\"");
    return word.substring(0, equals).strip()
        + "="
        + (quoted ? argument.substring(1, argument.length() - 1).strip() : argument);
  }

  /** What is wished so far. */
  private static final class Wish {
    private CacheUse use;
    private Optional<Duration> maxAge;
    private boolean onlyKept;

    Wish(CacheUse use, Optional<Duration> maxAge, boolean onlyKept) {
      this.use = use;
      this.maxAge = maxAge;
      this.onlyKept = onlyKept;
    }

    void own(String word) {
      if (restrict(word)) {
        // An age alone asks for the cache too, and so does who wants nothing else.
        var asks = word.startsWith("max-age=") || word.equals("only-if-cached");
        use = asks && isOff() ? CacheUse.USE : use;
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
                    "must be one of use, refresh, off, no-cache, no-store, only-if-cached or"
                        + " max-age=SECONDS.");
          };
    }

    /** Heeds a standard word; whether it is one. */
    boolean restrict(String word) {
      switch (word) {
        case "no-store" -> use = CacheUse.OFF;
        case "only-if-cached" -> onlyKept = true;
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
      if (!digits.matches("[0-9]+")) {
        return Optional.empty();
      }
      return Optional.of(digits.length() > MOST_DIGITS ? Long.MAX_VALUE : Long.parseLong(digits));
    }
  }
}
