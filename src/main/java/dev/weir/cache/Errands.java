package dev.weir.cache;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.gateway.CallOptions.CacheUse;
import dev.weir.gateway.Cap;
import io.vertx.core.Future;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Optional;

/** What administrators have the cache ask for them. Thread-safe. */
final class Errands {
  private static final int LONGEST = 255;
  private static final int NANO = 9;
  private static final BigDecimal MOST_USD = BigDecimal.valueOf(1_000_000);

  private final CacheCalls calls;
  private final boolean on;

  /**
   * Errands.
   *
   * @param calls makes the calls
   * @param on whether anything is kept
   */
  Errands(CacheCalls calls, boolean on) {
    this.calls = calls;
    this.on = on;
  }

  /** {@link CacheAdministration#warm}. */
  Future<JsonNode> warm(JsonNode body) {
    only(body, List.of("function", "input", "user", "max_usd"));
    var function = text("function", body.path("function"));
    var user =
        body.hasNonNull("user")
            ? Optional.of(text("user", body.path("user")))
            : Optional.<String>empty();
    var cap = cap(body.path("max_usd"));
    if (!on) {
      throw AIError.invalid("Nothing is kept: cache.mode is off.");
    }
    return calls
        .plan(function, body.path("input"), user.orElse(Warming.USER), CacheUse.USE)
        .compose(
            planned -> {
              check(planned, function, user);
              return planned.make(cap);
            })
        .compose(Errands::told);
  }

  /** Whether its answer would be kept, and for somebody. */
  private static void check(CacheCalls.Planned planned, String function, Optional<String> user) {
    if (Terms.of(planned.x(), user.orElse(Warming.USER)).isEmpty()) {
      throw AIError.invalid(
          "The answers of '" + function + "' are not kept: its cache.ttl_s is 0.");
    }
    if (user.isEmpty() && planned.x().plan().function().filter(f -> f.cache().shared()).isEmpty()) {
      throw AIError.invalid("The answers of this function belong to users: name the 'user'.");
    }
  }

  private static Optional<Cap> cap(JsonNode value) {
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isNumber()
        || value.decimalValue().signum() < 0
        || value.decimalValue().compareTo(MOST_USD) > 0) {
      throw AIError.invalid("'max_usd' must be a number from 0 to " + MOST_USD + ".");
    }
    return Optional.of(new Cap(Usd.of(value.decimalValue().setScale(NANO, RoundingMode.DOWN))));
  }

  /** One that failed tells what it cost all the same. */
  private static Future<JsonNode> told(CacheCalls.Went went) {
    return went.error()
        .map(
            error ->
                Future.<JsonNode>failedFuture(
                    error.with("cost_usd", went.cost().dollars().toPlainString())))
        .orElseGet(
            () ->
                Future.succeededFuture(
                    Json.object()
                        .put("cache", went.cache().label())
                        .put("cost_usd", went.cost().dollars())));
  }

  /** {@link CacheAdministration#compare}. */
  Future<JsonNode> compare(JsonNode body) {
    only(body, List.of("function", "a", "b"));
    return calls
        .compare(text("function", body.path("function")), body.path("a"), body.path("b"))
        .map(
            told ->
                Json.object()
                    .put("similarity", told.similarity())
                    .put("cost_usd", told.cost().dollars()));
  }

  private static void only(JsonNode body, List<String> known) {
    for (var field : body.properties()) {
      if (!known.contains(field.getKey())) {
        throw AIError.invalid("The body may have " + String.join(", ", known) + ".");
      }
    }
  }

  /** A member that must be text. */
  static String text(String name, JsonNode value) {
    if (!value.isTextual() || value.textValue().isBlank() || value.textValue().length() > LONGEST) {
      throw AIError.invalid("'" + name + "' must be a string of 1 to " + LONGEST + " characters.");
    }
    return value.textValue();
  }
}
