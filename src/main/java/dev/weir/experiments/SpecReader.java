package dev.weir.experiments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.core.Nearest;
import dev.weir.experiments.ExperimentPlan.Primary;
import dev.weir.experiments.ExperimentPlan.Rail;
import dev.weir.experiments.ExperimentPlan.Watched;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;

/** Reads what somebody wants to try out; whatever is wrong is an {@code INVALID_REQUEST}. */
final class SpecReader {
  private static final String NAME = "[a-z][a-z0-9-]{0,62}";
  private static final List<String> FIELDS =
      List.of(
          "name",
          "function",
          "description",
          "layer",
          "slots",
          "salt",
          "mode",
          "window",
          "feedback_window",
          "settle",
          "variants",
          "primary",
          "alpha",
          "expected_users",
          "epoch_rule",
          "guardrails",
          "guardrail_alpha",
          "bandit");
  private static final List<String> VARIANT_FIELDS =
      List.of(
          "name",
          "control",
          "weight",
          "prompt_version",
          "model",
          "provider",
          "fallbacks",
          "parameters");
  private static final int MOST_ARMS = 10;
  private static final int MOST_RAILS = 5;
  private static final int MOST_SALT = 64;
  private static final double LEAST_WEIGHT = 1e-6;
  private static final double MOST_WEIGHT = 1e9;
  private static final double LEAST_FLOOR = 0.02;

  /** More than the longest deadline that a function may give its calls. */
  private static final Duration SETTLE = Duration.ofMinutes(15);

  private static final long MOST_USERS = 1_000_000_000L;

  private SpecReader() {}

  static Spec read(JsonNode json) {
    var all = object(json, "The experiment");
    only(all, FIELDS, "");
    var function = name(all, "function");
    var bandit = word(all, "mode", List.of("fixed", "bandit"), "fixed").equals("bandit");
    var arms = arms(all);
    var plan = plan(all, bandit, arms.size());
    if (bandit) {
      requireFloor(arms, plan.banditFloor());
    }
    var slots = slots(all.path("slots"));
    return new Spec(
        name(all, "name"),
        function,
        text(all, "description").orElse(""),
        text(all, "layer").isPresent() ? name(all, "layer") : function,
        slots[0],
        slots[1],
        salt(all),
        bandit,
        span(all, "window", Duration.ofDays(7), Duration.ofSeconds(1), Duration.ofDays(90)),
        span(all, "feedback_window", Duration.ofDays(1), Duration.ZERO, Duration.ofDays(30)),
        span(all, "settle", SETTLE, Duration.ZERO, Duration.ofDays(1)),
        arms,
        plan);
  }

  private static Optional<String> salt(ObjectNode all) {
    var given = text(all, "salt");
    if (given.filter(s -> s.isBlank() || s.length() > MOST_SALT).isPresent()) {
      throw AIError.invalid(
          "'salt' must have 1 to " + MOST_SALT + " characters; leave it out to have one made.");
    }
    return given;
  }

  /** What is said of a bandit's arms supposes that none was ever drawn more rarely. */
  private static void requireFloor(List<Spec.Arm> arms, double floor) {
    var sum = arms.stream().mapToDouble(Spec.Arm::weight).sum();
    for (var arm : arms) {
      if (arm.weight() / sum < floor - 1e-9) {
        throw ArmTable.belowFloor(arm.name(), arm.weight() / sum, floor);
      }
    }
  }

  private static ExperimentPlan plan(ObjectNode all, boolean bandit, int arms) {
    var moves =
        all.path("bandit").isMissingNode() ? Json.object() : object(all.path("bandit"), "'bandit'");
    only(moves, List.of("epoch", "floor"), "bandit.");
    var floor = number(moves, "floor", 0.05, LEAST_FLOOR, 1.0 / arms);
    if (!bandit && !moves.isEmpty()) {
      throw AIError.invalid(
          "'bandit' says something of \"mode\": \"bandit\" alone; leave it out, or set the mode.");
    }
    return new ExperimentPlan(
        Primary.valueOf(
            word(all, "primary", List.of("validity", "feedback"), "validity")
                .toUpperCase(Locale.ROOT)),
        below(all, "alpha", 0.05, 1e-6, 0.5),
        (long) number(all, "expected_users", 10_000, 1, MOST_USERS),
        bandit
            || word(all, "epoch_rule", List.of("by_information", "by_users"), "by_information")
                .equals("by_users"),
        rails(all.path("guardrails")),
        below(all, "guardrail_alpha", 0.05, 1e-6, 0.5),
        span(moves, "epoch", Duration.ofDays(1), Duration.ofSeconds(1), Duration.ofDays(90)),
        floor);
  }

  private static List<Spec.Arm> arms(ObjectNode all) {
    var given = all.path("variants");
    if (!given.isArray() || given.size() < 2 || given.size() > MOST_ARMS) {
      throw AIError.invalid("'variants' must be a list of 2 to " + MOST_ARMS + " variants.");
    }
    var arms = new ArrayList<Spec.Arm>();
    var names = new HashSet<String>();
    for (var one : given) {
      var arm = arm(object(one, "A variant"));
      if (!names.add(arm.name())) {
        throw AIError.invalid("Two variants are called '" + arm.name() + "'.");
      }
      arms.add(arm);
    }
    if (arms.stream().filter(Spec.Arm::control).count() != 1) {
      throw AIError.invalid("One variant, and one alone, must have \"control\": true.");
    }
    if (arms.stream().mapToDouble(Spec.Arm::weight).sum() <= 0) {
      throw AIError.invalid("All weights are zero; give at least one variant a weight above it.");
    }
    for (var arm : arms) {
      if (arm.control() && arm.weight() <= 0) {
        throw AIError.invalid(
            "The variant '"
                + arm.name()
                + "' is control and has the weight 0: nothing could be compared with it. Give it a"
                + " weight above 0.");
      }
    }
    return arms;
  }

  private static Spec.Arm arm(ObjectNode one) {
    only(one, VARIANT_FIELDS, "variants.");
    var name = name(one, "name");
    var version =
        text(one, "prompt_version")
            .filter(v -> !v.isBlank())
            .orElseThrow(
                () ->
                    AIError.invalid(
                        "The variant '"
                            + name
                            + "' has no 'prompt_version'; name a version of the registry, or a"
                            + " label such as production."));
    var changes = Json.object();
    typed(one, name, "model", JsonNode::isTextual, "a text");
    typed(one, name, "provider", JsonNode::isTextual, "a text");
    typed(one, name, "fallbacks", JsonNode::isArray, "a list");
    typed(one, name, "parameters", JsonNode::isObject, "an object");
    typed(one, name, "control", JsonNode::isBoolean, "true or false");
    for (var field : List.of("model", "fallbacks", "parameters")) {
      if (one.has(field)) {
        changes.set(field, one.get(field));
      }
    }
    text(one, "provider").ifPresent(provider -> changes.put("provider", provider));
    return new Spec.Arm(
        name, one.path("control").asBoolean(false), weight(one, "weight", name), version, changes);
  }

  private static void typed(
      ObjectNode one, String arm, String field, Predicate<JsonNode> right, String what) {
    if (one.has(field) && !right.test(one.get(field))) {
      throw AIError.invalid("The variant '" + arm + "': '" + field + "' must be " + what + ".");
    }
  }

  /** A variant's weight; 1 if nothing is said. */
  static double weight(ObjectNode all, String field, String arm) {
    var given = all.path(field);
    var number = given.isMissingNode() ? 1 : given.isNumber() ? given.doubleValue() : Double.NaN;
    if (number == 0 || (number >= LEAST_WEIGHT && number <= MOST_WEIGHT)) {
      return number;
    }
    throw AIError.invalid(
        "The weight of the variant '"
            + arm
            + "' must be 0, or a number from 0.000001 to 1000000000.");
  }

  private static List<Rail> rails(JsonNode given) {
    if (given.isMissingNode() || given.isNull()) {
      return List.of();
    }
    if (!given.isArray() || given.size() > MOST_RAILS) {
      throw AIError.invalid("'guardrails' must be a list of at most " + MOST_RAILS + ".");
    }
    var rails = new ArrayList<Rail>();
    for (var one : given) {
      var rail = object(one, "A guardrail");
      only(rail, List.of("metric", "margin", "over_ms"), "guardrails.");
      var watched =
          Watched.valueOf(
              word(rail, "metric", List.of("failed", "slow", "cost_per_success"), "")
                  .toUpperCase(Locale.ROOT));
      if (!rail.has("margin")) {
        throw AIError.invalid("The guardrail '" + watched.label() + "' has no 'margin'.");
      }
      if (watched == Watched.SLOW && !rail.has("over_ms")) {
        throw AIError.invalid("The guardrail 'slow' has no 'over_ms'.");
      }
      if (watched != Watched.SLOW && rail.has("over_ms")) {
        throw AIError.invalid(
            "The guardrail '"
                + watched.label()
                + "' has an 'over_ms', which 'slow' alone may have.");
      }
      rails.add(
          new Rail(
              watched,
              watched == Watched.COST_PER_SUCCESS
                  ? number(rail, "margin", 0, 0, 1e6)
                  : below(rail, "margin", 0, 0, 1),
              (long) number(rail, "over_ms", 0, 0, 3_600_000)));
    }
    return rails;
  }

  private static int[] slots(JsonNode given) {
    if (given.isMissingNode() || given.isNull()) {
      return new int[] {0, Draw.SLOTS};
    }
    if (given.isArray()
        && given.size() == 2
        && given.get(0).isInt()
        && given.get(1).isInt()
        && given.get(0).intValue() >= 0
        && given.get(0).intValue() < given.get(1).intValue()
        && given.get(1).intValue() <= Draw.SLOTS) {
      return new int[] {given.get(0).intValue(), given.get(1).intValue()};
    }
    throw AIError.invalid(
        "'slots' must be two numbers, the first slot and the one after the last, as in [0, 5000];"
            + " a layer has "
            + Draw.SLOTS
            + ".");
  }

  static double number(ObjectNode all, String field, double usual, double least, double most) {
    var given = all.path(field);
    if (given.isMissingNode() || given.isNull()) {
      return usual;
    }
    if (!given.isNumber() || !(given.doubleValue() >= least && given.doubleValue() <= most)) {
      throw AIError.invalid(
          "'" + field + "' must be a number from " + plain(least) + " to " + plain(most) + ".");
    }
    return given.doubleValue();
  }

  /** A number that must not reach its bound: what judges would refuse it at every look. */
  private static double below(
      ObjectNode all, String field, double usual, double least, double bound) {
    var given = number(all, field, usual, least, bound);
    if (given >= bound) {
      throw AIError.invalid(
          "'"
              + field
              + "' must be a number from "
              + plain(least)
              + ", below "
              + plain(bound)
              + ".");
    }
    return given;
  }

  private static String plain(double number) {
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? String.valueOf((long) number)
        : String.valueOf(number);
  }

  private static String word(ObjectNode all, String field, List<String> words, String usual) {
    var given = text(all, field).orElse(usual);
    if (!words.contains(given)) {
      throw AIError.invalid("'" + field + "' must be one of " + String.join(", ", words) + ".");
    }
    return given;
  }

  private static String name(ObjectNode all, String field) {
    var given = text(all, field).orElseThrow(() -> AIError.invalid("'" + field + "' is missing."));
    if (!given.matches(NAME)) {
      throw AIError.invalid(
          "'" + field + "' must begin with a letter and have at most 63 of a-z, 0-9 and -.");
    }
    return given;
  }

  private static Optional<String> text(ObjectNode all, String field) {
    var given = all.path(field);
    if (given.isMissingNode() || given.isNull()) {
      return Optional.empty();
    }
    if (!given.isTextual() || given.textValue().length() > 2_000) {
      throw AIError.invalid("'" + field + "' must be a text of at most 2000 characters.");
    }
    return Optional.of(given.textValue());
  }

  private static Duration span(
      ObjectNode all, String field, Duration usual, Duration least, Duration most) {
    return text(all, field)
        .map(
            text -> {
              if (text.matches("[0-9]{1,9}[smhd]")) {
                var amount = Long.parseLong(text.substring(0, text.length() - 1));
                var span =
                    switch (text.charAt(text.length() - 1)) {
                      case 's' -> Duration.ofSeconds(amount);
                      case 'm' -> Duration.ofMinutes(amount);
                      case 'h' -> Duration.ofHours(amount);
                      default -> Duration.ofDays(amount);
                    };
                if (span.compareTo(least) >= 0 && span.compareTo(most) <= 0) {
                  return span;
                }
              }
              throw AIError.invalid(
                  "'"
                      + field
                      + "' must be a time such as 7d, 24h, 30m or 45s, at most "
                      + most.toDays()
                      + " days.");
            })
        .orElse(usual);
  }

  private static ObjectNode object(JsonNode json, String what) {
    if (json instanceof ObjectNode object) {
      return object;
    }
    throw AIError.invalid(what + " must be an object.");
  }

  private static void only(ObjectNode all, List<String> known, String where) {
    all.fieldNames()
        .forEachRemaining(
            field -> {
              if (!known.contains(field)) {
                var meant = Nearest.suggestion(field, known);
                throw AIError.invalid(
                    "'"
                        + where
                        + (field.length() > 40 ? field.substring(0, 40) : field)
                        + "' is not known here"
                        + (meant.isEmpty() ? "." : meant));
              }
            });
  }
}
