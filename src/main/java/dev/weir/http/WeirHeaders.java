package dev.weir.http;

import dev.weir.gateway.Exchange;
import dev.weir.gateway.Target;
import io.vertx.core.MultiMap;
import java.util.Optional;
import java.util.stream.Collectors;

/** The {@code x-weir-*} headers of a call's reply. */
final class WeirHeaders {
  private static final int LONGEST = 1000;

  private WeirHeaders() {}

  /** Those of a whole reply: everything is known. */
  static void whole(Exchange x, MultiMap headers) {
    known(x, headers);
    provider(x.tally().lastTarget().orElse(x.followed().route().first()), headers);
    x.tally().knownCost().ifPresent(cost -> headers.set("x-weir-cost-usd", cost.toString()));
  }

  /** Those that are known before a stream's first byte. */
  static void early(Exchange x, MultiMap headers) {
    known(x, headers);
    var targets = x.followed().route().targets();
    x.tally()
        .lastTarget()
        .or(() -> targets.size() == 1 ? Optional.of(targets.getFirst()) : Optional.empty())
        .ifPresent(target -> provider(target, headers));
  }

  /** Those of an error: whoever reads it should know which arm of an experiment it was. */
  static void failed(Exchange x, MultiMap headers) {
    variant(x, headers);
  }

  private static void variant(Exchange x, MultiMap headers) {
    x.followed().variant().ifPresent(variant -> headers.set("x-weir-variant", plain(variant)));
  }

  private static void known(Exchange x, MultiMap headers) {
    headers.set("x-weir-cache", x.tally().cache().label());
    x.tally().cacheKey().ifPresent(key -> headers.set("x-weir-cache-key", key));
    x.tally().kept().ifPresent(kept -> headers.set("age", String.valueOf(kept.age().toSeconds())));
    variant(x, headers);
    if (!x.tally().warnings().isEmpty()) {
      headers.set(
          "x-weir-warnings",
          plain(x.tally().warnings().stream().collect(Collectors.joining("; "))));
    }
  }

  private static void provider(Target target, MultiMap headers) {
    headers.set("x-weir-provider", plain(target.servedBy()));
  }

  /** Text that is fit for a header: visible ASCII and spaces, of bounded length. */
  private static String plain(String text) {
    var clean = text.chars().allMatch(WeirHeaders::visible) ? text : masked(text);
    return clean.length() <= LONGEST ? clean : clean.substring(0, LONGEST);
  }

  private static String masked(String text) {
    return text.codePoints()
        .map(c -> visible(c) ? c : '?')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static boolean visible(int c) {
    return c >= ' ' && c <= '~';
  }
}
