package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * What a template can see: JSON, and no Java object behind it.
 *
 * <p>Mustache resolves names through a collector. The library's own ones reach fields, methods, map
 * views and functions; this one knows members of objects and elements of lists, counts every step,
 * and refuses the rest.
 */
final class TemplateValues {
  static final Mustache.Collector COLLECTOR = new JsonCollector();
  private static final int PLAIN_EXPONENT = 30;

  private TemplateValues() {}

  /** The steps that one rendering may still take. Confined to the thread that renders. */
  static final class Budget {
    private int left;

    Budget(int steps) {
      left = steps;
    }

    void step() {
      if (--left < 0) {
        throw new IllegalStateException("the template takes too many steps");
      }
    }

    boolean spent() {
      return left < 0;
    }
  }

  private record Members(JsonNode node, Budget budget) {}

  private record Elements(JsonNode node, Budget budget) {}

  /** A JSON value as the template sees it; what is null or an empty text is nothing at all. */
  static Object of(JsonNode input, Budget budget) {
    var value = seen(input, budget);
    return value == null ? "" : value;
  }

  private static @Nullable Object seen(JsonNode node, Budget budget) {
    return switch (node.getNodeType()) {
      case OBJECT -> new Members(node, budget);
      case ARRAY -> new Elements(node, budget);
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> number(node);
      case STRING -> node.textValue().isEmpty() ? null : node.textValue();
      case NULL, MISSING, BINARY, POJO -> null;
    };
  }

  /** How a value reads in a message. */
  static String text(Object value) {
    return switch (value) {
      case Members members -> members.node().toString();
      case Elements elements -> list(elements.node());
      default -> value.toString();
    };
  }

  private static String list(JsonNode list) {
    for (var element : list) {
      if (element.isContainerNode()) {
        return list.toString();
      }
    }
    return StreamSupport.stream(list.spliterator(), false)
        .map(element -> element.isNumber() ? number(element) : element.asText())
        .collect(Collectors.joining(", "));
  }

  /** 1500000, not 1.5E6, unless the zeros would fill the page. */
  private static String number(JsonNode node) {
    if (node.isIntegralNumber()) {
      return node.asText();
    }
    var decimal = node.decimalValue();
    return Math.abs((long) decimal.scale()) <= PLAIN_EXPONENT
        ? decimal.toPlainString()
        : decimal.toString();
  }

  private static final class JsonCollector implements Mustache.Collector {
    private static final Mustache.VariableFetcher MEMBER =
        (context, name) -> {
          var members = (Members) context;
          members.budget().step();
          // A dotted name is first asked for whole; it is a path here, never the name of a member.
          var member = name.indexOf('.') < 0 ? members.node().get(name) : null;
          return member == null ? Template.NO_FETCHER_FOUND : seen(member, members.budget());
        };

    @Override
    public @Nullable Iterator<?> toIterator(@Nullable Object value) {
      return switch (value) {
        case Elements elements -> new Rounds(elements.node().iterator(), elements.budget());
        // The library's word for a section whose value is absent.
        case List<?> empty when empty.isEmpty() -> empty.iterator();
        case null, default -> null;
      };
    }

    @Override
    public Mustache.@Nullable VariableFetcher createFetcher(Object context, String name) {
      return context instanceof Members ? MEMBER : null;
    }

    @Override
    public <K, V> Map<K, V> createFetcherCache() {
      return new ConcurrentHashMap<>();
    }
  }

  private record Rounds(Iterator<JsonNode> elements, Budget budget) implements Iterator<Object> {
    @Override
    public boolean hasNext() {
      return elements.hasNext();
    }

    @Override
    public Object next() {
      budget.step();
      return of(elements.next(), budget);
    }
  }
}
