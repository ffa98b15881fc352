package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Usd;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Reads an order; whatever is wrong with it is an {@code INVALID_REQUEST} that says where. */
final class OrderReader {
  private static final Set<String> FIELDS =
      Set.of(
          "name",
          "function",
          "candidate",
          "baseline",
          "scorers",
          "cases",
          "limit",
          "version",
          "budget_usd");
  private static final Set<String> CASE_FIELDS =
      Set.of("line", "input", "expected", "output", "user");
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");
  private static final Pattern USER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:@|+=~-]{0,127}");
  private static final int LONGEST = 200;
  private static final int MOST_SCORERS = 10;
  private static final int USUAL_LIMIT = 200;
  private static final BigDecimal MOST_USD = new BigDecimal("100000");

  private OrderReader() {}

  static EvaluationOrder read(JsonNode body) {
    object("The body", FIELDS, body);
    var cases = cases(body.path("cases"));
    var version = text(body, "version");
    if (cases.isPresent() && version.isPresent()) {
      throw AIError.invalid("'version' chooses among stored contents; cases have none.");
    }
    return new EvaluationOrder(
        text(body, "name").map(OrderReader::name),
        text(body, "function").orElseThrow(() -> AIError.invalid("'function' is missing.")),
        text(body, "candidate").orElse("candidate"),
        text(body, "baseline"),
        scorers(body.path("scorers")),
        cases,
        limit(body.path("limit"), cases.isPresent()),
        version,
        budget(body.path("budget_usd")));
  }

  private static void object(String what, Set<String> fields, JsonNode json) {
    if (!json.isObject()) {
      throw AIError.invalid(what + " must be a JSON object.");
    }
    for (var field : json.properties()) {
      if (!fields.contains(field.getKey())) {
        throw AIError.invalid(
            what
                + " has a field that is none of "
                + String.join(", ", new TreeSet<>(fields))
                + ".");
      }
    }
  }

  private static Optional<String> text(JsonNode json, String field) {
    var node = json.path(field);
    if (node.isMissingNode() || node.isNull()) {
      return Optional.empty();
    }
    if (!node.isTextual() || node.textValue().isBlank() || node.textValue().length() > LONGEST) {
      throw AIError.invalid("'" + field + "' must be a text of at most " + LONGEST + " letters.");
    }
    return Optional.of(node.textValue());
  }

  private static String name(String text) {
    if (!NAME.matcher(text).matches()) {
      throw AIError.invalid(
          "'name' must be 1 to 63 characters: small letters, digits and - after a letter.");
    }
    return text;
  }

  private static List<Scorer> scorers(JsonNode json) {
    if (json.isMissingNode() || json.isNull()) {
      return List.of(new Scorer.Fits());
    }
    if (!json.isArray() || json.isEmpty() || json.size() > MOST_SCORERS) {
      throw AIError.invalid("'scorers' must be a list of 1 to " + MOST_SCORERS + " scorers.");
    }
    var scorers = new ArrayList<Scorer>();
    for (var one : json) {
      if (!one.isTextual()) {
        throw AIError.invalid("'scorers' must be a list of texts.");
      }
      var scorer = Scorer.parse(one.textValue());
      if (scorers.contains(scorer)) {
        throw AIError.invalid("The scorer " + scorer.name() + " is given twice.");
      }
      scorers.add(scorer);
    }
    return List.copyOf(scorers);
  }

  private static int limit(JsonNode json, boolean cases) {
    if (json.isMissingNode() || json.isNull()) {
      return cases ? EvaluationOrder.MOST_ITEMS : USUAL_LIMIT;
    }
    if (!json.isIntegralNumber()
        || !json.canConvertToInt()
        || json.intValue() < 1
        || json.intValue() > EvaluationOrder.MOST_ITEMS) {
      throw AIError.invalid(
          "'limit' must be a number from 1 to " + EvaluationOrder.MOST_ITEMS + ".");
    }
    return json.intValue();
  }

  private static Usd budget(JsonNode json) {
    if (json.isMissingNode() || json.isNull()) {
      return Usd.of(BigDecimal.ONE);
    }
    if (!json.isNumber()
        || json.decimalValue().signum() <= 0
        || json.decimalValue().compareTo(MOST_USD) > 0
        || json.decimalValue().stripTrailingZeros().scale() > 9) {
      throw AIError.invalid(
          "'budget_usd' must be a number of dollars above 0, with at most nine decimals.");
    }
    return Usd.of(json.decimalValue());
  }

  private static Optional<List<Case>> cases(JsonNode json) {
    if (json.isMissingNode() || json.isNull()) {
      return Optional.empty();
    }
    if (!json.isArray() || json.isEmpty()) {
      throw AIError.invalid("'cases' must be a list of cases, and not an empty one.");
    }
    if (json.size() > EvaluationOrder.MOST_ITEMS) {
      throw AIError.invalid(
          "There are "
              + json.size()
              + " cases; an evaluation has at most "
              + EvaluationOrder.MOST_ITEMS
              + ".");
    }
    var cases = new ArrayList<Case>();
    for (var one : json) {
      cases.add(oneCase(cases.size() + 1, one));
    }
    return Optional.of(cases);
  }

  private static Case oneCase(int number, JsonNode json) {
    var line = json.path("line").isInt() ? json.path("line").intValue() : number;
    var where = "Line " + line;
    object(where, CASE_FIELDS, json);
    if (!json.has("input")) {
      throw AIError.invalid(where + ": 'input' is missing.");
    }
    var user = present(json, "user");
    user.ifPresent(
        u -> {
          if (!u.isTextual()
              || !USER.matcher(u.textValue()).matches()
              || u.textValue().startsWith("weir-")) {
            throw AIError.invalid(
                where
                    + ": 'user' must have 1 to 128 characters: letters, digits and . _ : @ | + = ~"
                    + " - after a letter or digit; and not begin with weir-.");
          }
        });
    return new Case(
        line,
        json.path("input"),
        present(json, "expected"),
        present(json, "output"),
        user.map(JsonNode::textValue));
  }

  /** A field that is there and is not null: of an exported call that failed the output is null. */
  private static Optional<JsonNode> present(JsonNode json, String field) {
    return Optional.ofNullable(json.get(field)).filter(node -> !node.isNull());
  }
}
