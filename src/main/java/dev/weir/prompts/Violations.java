package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.path.NodePath;
import dev.weir.core.Nearest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Says what the validator found in words that help, without repeating the value that was found
 * wrong.
 */
final class Violations {
  private static final int SHOWN_VALUES = 12;
  private static final int SHOWN_LENGTH = 60;

  private Violations() {}

  static Violation of(Error error, JsonNode schema) {
    var path = pathOf(error.getInstanceLocation());
    var rule = error.getSchemaNode();
    return switch (error.getKeyword()) {
      case "required" -> at(path, error, "is missing; it is required");
      case "dependentRequired" ->
          new Violation(path, "lacks a field that another of its fields requires");
      case "additionalProperties", "unevaluatedProperties" ->
          at(path, error, "is not a field here" + nearestField(error, schema));
      case "type" -> new Violation(path, "must be " + types(rule) + ", not " + kind(error));
      case "enum" -> new Violation(path, "must be one of " + values(rule));
      case "const" -> new Violation(path, "must be " + shown(rule));
      case "minLength" ->
          new Violation(path, "must have at least " + count(rule, "character") + has(error));
      case "maxLength" ->
          new Violation(path, "must have at most " + count(rule, "character") + has(error));
      case "minItems" ->
          new Violation(path, "must have at least " + count(rule, "item") + has(error));
      case "maxItems" ->
          new Violation(path, "must have at most " + count(rule, "item") + has(error));
      case "minProperties" ->
          new Violation(path, "must have at least " + count(rule, "field") + has(error));
      case "maxProperties" ->
          new Violation(path, "must have at most " + count(rule, "field") + has(error));
      case "uniqueItems" -> new Violation(path, "must not have the same item twice");
      case "minimum" -> new Violation(path, "must be at least " + shown(rule));
      case "maximum" -> new Violation(path, "must be at most " + shown(rule));
      case "exclusiveMinimum" -> new Violation(path, "must be more than " + shown(rule));
      case "exclusiveMaximum" -> new Violation(path, "must be less than " + shown(rule));
      case "multipleOf" -> new Violation(path, "must be a multiple of " + shown(rule));
      case "pattern" -> new Violation(path, "must match the pattern " + shown(rule));
      case "format" -> new Violation(path, "must be " + format(rule.asText()));
      case "oneOf" -> new Violation(path, "must fit exactly one of the allowed shapes");
      case "anyOf" -> new Violation(path, "must fit one of the allowed shapes");
      case "not" -> new Violation(path, "has a shape that is not allowed");
      case "contains", "minContains", "maxContains" ->
          new Violation(path, "has too few or too many items of the required shape");
      case "propertyNames" -> new Violation(path, "has a field with a name that is not allowed");
      case "false", "unevaluatedItems" -> new Violation(path, "is not allowed");
      case String other -> new Violation(path, "breaks the rule `" + other + "`");
    };
  }

  private static Violation at(String path, Error error, String message) {
    var property = error.getProperty();
    return new Violation(property == null ? path : JsonPath.child(path, property), message);
  }

  private static String pathOf(NodePath location) {
    var path = JsonPath.ROOT;
    for (var i = 0; i < location.getNameCount(); i++) {
      path =
          location.getElement(i) instanceof Integer index
              ? JsonPath.item(path, index)
              : JsonPath.child(path, location.getName(i));
    }
    return path;
  }

  /** Looks among the properties declared beside the rule that refused the field. */
  private static String nearestField(Error error, JsonNode schema) {
    var property = error.getProperty();
    if (property == null) {
      return "";
    }
    var beside = schema;
    var rule = error.getSchemaLocation().getFragment();
    for (var i = 0; i < rule.getNameCount() - 1; i++) {
      beside =
          rule.getElement(i) instanceof Integer index
              ? beside.path(index)
              : beside.isArray()
                  ? beside.path(number(rule.getName(i)))
                  : beside.path(rule.getName(i));
    }
    List<String> declared = new ArrayList<>();
    beside.path("properties").fieldNames().forEachRemaining(declared::add);
    return Nearest.suggestion(property, declared);
  }

  private static int number(String digits) {
    return digits.matches("[0-9]{1,9}") ? Integer.parseInt(digits) : -1;
  }

  private static String types(JsonNode rule) {
    if (!rule.isArray()) {
      return article(rule.asText());
    }
    List<String> all = new ArrayList<>();
    rule.forEach(type -> all.add(article(type.asText())));
    return String.join(" or ", all);
  }

  private static String kind(Error error) {
    var value = error.getInstanceNode();
    return value == null ? "this" : article(value.getNodeType().name().toLowerCase(Locale.ROOT));
  }

  private static String article(String type) {
    return switch (type) {
      case "null" -> "null";
      case "array" -> "a list";
      case "object", "integer" -> "an " + type;
      default -> "a " + type;
    };
  }

  private static String has(Error error) {
    var value = error.getInstanceNode();
    if (value == null) {
      return "";
    }
    var size =
        value.isTextual()
            ? value.textValue().codePointCount(0, value.textValue().length())
            : value.size();
    return ", not " + size;
  }

  private static String count(JsonNode rule, String thing) {
    var number = rule.asText();
    return number + " " + thing + (number.equals("1") ? "" : "s");
  }

  private static String values(JsonNode rule) {
    List<String> all = new ArrayList<>();
    rule.forEach(value -> all.add(shown(value)));
    return all.stream().limit(SHOWN_VALUES).collect(Collectors.joining(", "))
        + (all.size() > SHOWN_VALUES ? " and " + (all.size() - SHOWN_VALUES) + " more" : "");
  }

  /** A value of the schema, which is the operator's and not the caller's. */
  private static String shown(JsonNode value) {
    var text = value.toString();
    return text.length() <= SHOWN_LENGTH ? text : text.substring(0, SHOWN_LENGTH) + "…";
  }

  private static String format(String name) {
    return switch (name) {
      case "date" -> "a date such as 2026-11-24";
      case "date-time" -> "a moment such as 2026-11-24T09:30:00Z";
      case "time" -> "a time such as 09:30:00Z";
      case "duration" -> "a duration such as P3DT4H";
      case "email" -> "an email address";
      case "uri" -> "a full address such as https://example.com/a";
      case "uri-reference" -> "an address or a part of one";
      case "uuid" -> "a UUID";
      case "ipv4" -> "an IPv4 address";
      case "ipv6" -> "an IPv6 address";
      case "hostname" -> "a host name";
      default -> "a valid " + name;
    };
  }
}
