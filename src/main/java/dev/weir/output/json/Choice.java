package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.weir.output.json.Edit.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Chooses among the documents of a text, or joins them. */
final class Choice {
  private final Options options;
  private final Edits edits;

  Choice(Options options, Edits edits) {
    this.options = options;
    this.edits = edits;
  }

  JsonNode among(List<Found> all) {
    var candidates = worthwhile(all);
    if (candidates.isEmpty()) {
      return MissingNode.getInstance();
    }
    return switch (options.documents()) {
      case FIRST -> one(candidates, candidates.getFirst());
      case LAST -> one(candidates, candidates.getLast());
      case LARGEST ->
          one(
              candidates,
              candidates.stream()
                  .max(Comparator.comparingInt(found -> found.end() - found.start()))
                  .orElseThrow());
      case ALL -> joined(candidates, false);
      case AUTO ->
          options.schema().isPresent() && candidates.size() > 1
              ? one(candidates, bestFit(candidates, options.schema().get()))
              : joined(candidates, true);
    };
  }

  /** Leaves out remarks in prose and, beside fenced JSON, code of other languages. */
  private List<Found> worthwhile(List<Found> all) {
    var json = all.stream().anyMatch(Found::inJsonFence);
    var proper =
        all.stream().filter(found -> !found.aside() && !(json && found.inOtherFence())).toList();
    return proper.isEmpty() ? all : proper;
  }

  private JsonNode one(List<Found> candidates, Found chosen) {
    if (candidates.size() > 1) {
      edits.add(chosen.start(), Kind.DOCUMENTS, "One of several documents was chosen.");
    }
    edits.addAll(chosen.edits());
    return chosen.value();
  }

  private Found bestFit(List<Found> candidates, JsonNode schema) {
    var best = candidates.getFirst();
    var least = Integer.MAX_VALUE;
    for (var candidate : candidates) {
      var misfits = new SchemaFit(schema).misfits(candidate.value());
      if (misfits <= least) {
        least = misfits;
        best = candidate;
      }
    }
    return best;
  }

  private JsonNode joined(List<Found> candidates, boolean auto) {
    var kept = new ArrayList<Found>();
    for (var candidate : candidates) {
      if (auto && !kept.isEmpty()) {
        if (candidate.empty()) {
          continue;
        }
        var last = kept.getLast();
        var update = !candidate.afterComma() && sameShape(last.value(), candidate.value());
        if (update || last.empty()) {
          kept.removeLast();
        }
      }
      kept.add(candidate);
    }
    kept.forEach(found -> edits.addAll(found.edits()));
    if (candidates.size() > 1) {
      edits.add(kept.getFirst().start(), Kind.DOCUMENTS, "Several documents were found.");
    }
    if (auto && kept.size() == 1) {
      return kept.getFirst().value();
    }
    var array = JsonNodeFactory.instance.arrayNode();
    kept.forEach(found -> array.add(found.value()));
    return array;
  }

  /** Whether two values have the same keys, lengths and types throughout. */
  private static boolean sameShape(JsonNode one, JsonNode other) {
    if (one.getNodeType() != other.getNodeType()
        || one.size() != other.size()
        || one.isIntegralNumber() != other.isIntegralNumber()) {
      return false;
    }
    if (one.isArray()) {
      for (var i = 0; i < one.size(); i++) {
        if (!sameShape(one.get(i), other.get(i))) {
          return false;
        }
      }
    } else if (one.isObject()) {
      for (var member : one.properties()) {
        var there = other.get(member.getKey());
        if (there == null || !sameShape(member.getValue(), there)) {
          return false;
        }
      }
    }
    return true;
  }
}
