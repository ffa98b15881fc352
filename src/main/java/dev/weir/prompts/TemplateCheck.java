package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.MustacheException;
import dev.weir.core.Nearest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Finds what is wrong with a template before it is ever rendered: tags that do not close, features
 * that Weir leaves out (partials, blocks, other delimiters), and names that no valid input can
 * have.
 */
final class TemplateCheck {
  private static final int MAX_DEPTH = 12;
  private static final int MOST_FAULTS = 20;
  private static final List<String> OF_THE_ROUND = List.of("-first", "-last", "-index");

  /**
   * One thing wrong with a template.
   *
   * @param line the line within the template, counted from 0
   * @param reason what is wrong
   */
  record TemplateFault(int line, String reason) {}

  private record Section(String name, int line, boolean inverted, InputShape shape) {}

  private final String text;
  private final InputShape root;
  private final Deque<Section> open = new ArrayDeque<>();
  private final List<TemplateFault> faults = new ArrayList<>();
  private final List<String> tags = new ArrayList<>();

  private TemplateCheck(String text, JsonNode inputSchema) {
    this.text = text;
    this.root = InputShape.of(inputSchema);
  }

  /** Every fault of a template over inputs of this schema; empty if it is good. */
  static List<TemplateFault> faultsOf(String text, JsonNode inputSchema) {
    var check = new TemplateCheck(text, inputSchema);
    check.scan();
    if (check.faults.isEmpty()) {
      check.agree();
    }
    return check.faults;
  }

  private void scan() {
    var line = 0;
    var at = 0;
    while (true) {
      var start = text.indexOf("{{", at);
      if (start < 0) {
        break;
      }
      line += lines(at, start);
      var raw = text.startsWith("{{{", start);
      var from = start + (raw ? 3 : 2);
      var end = text.indexOf(raw ? "}}}" : "}}", from);
      if (end < 0) {
        fault(line, "`{{` is never closed");
        return;
      }
      tag(text.substring(from, end), raw, line);
      if (open.size() > MAX_DEPTH || faults.size() >= MOST_FAULTS) {
        return; // the rest would only repeat it
      }
      at = end + (raw ? 3 : 2);
      line += lines(start, at);
    }
    for (var section : open) {
      fault(section.line(), "the section `" + section.name() + "` is never closed");
    }
  }

  private void tag(String content, boolean raw, int line) {
    if (raw) {
      variable(content.strip(), line);
      return;
    }
    var kind = content.isEmpty() ? ' ' : content.charAt(0);
    var name = content.isEmpty() ? "" : content.substring(1).strip();
    switch (kind) {
      case '!' -> {}
      case '#' -> section(name, false, line);
      case '^' -> section(name, true, line);
      case '/' -> close(name, line);
      case '&' -> variable(name, line);
      case '>' -> fault(line, "partials ({{>...}}) do not exist here; write the text out");
      case '<', '$' ->
          fault(line, "template inheritance ({{" + kind + "...}}) does not exist here");
      case '=' -> fault(line, "the delimiters {{ and }} cannot be changed");
      default -> variable(content.strip(), line);
    }
  }

  private void variable(String name, int line) {
    tags.add("=" + name);
    if (OF_THE_ROUND.contains(name)) {
      inRound(name, line);
    } else {
      resolve(name, line);
    }
  }

  private void section(String name, boolean inverted, int line) {
    tags.add((inverted ? "^" : "#") + name);
    var shape = root;
    if (OF_THE_ROUND.contains(name)) {
      inRound(name, line);
    } else {
      shape = resolve(name, line).orElse(InputShape.ANYTHING).inside();
    }
    open.push(new Section(name, line, inverted || OF_THE_ROUND.contains(name), shape));
    if (open.size() > MAX_DEPTH) {
      fault(line, "sections are nested deeper than " + MAX_DEPTH);
    }
  }

  private void close(String name, int line) {
    if (open.isEmpty()) {
      fault(line, "{{/" + JsonPath.tame(name) + "}} closes a section that is not open");
    } else if (!open.peek().name().equals(name)) {
      fault(
          line,
          "{{/" + JsonPath.tame(name) + "}} stands where {{/" + open.peek().name() + "}} is due");
      open.clear();
    } else {
      open.pop();
    }
  }

  private void inRound(String name, int line) {
    if (open.stream().allMatch(Section::inverted)) {
      fault(line, "`" + name + "` has a meaning only within the section of a list");
    }
  }

  /**
   * What the name stands for, looked up from the innermost section outwards; nothing if it is at
   * fault.
   */
  private Optional<InputShape> resolve(String name, int line) {
    if (name.equals(".") || name.equals("this")) {
      return Optional.of(scopes().getFirst());
    }
    var parts = name.split("\\.", -1);
    if (name.isEmpty()
        || List.of(parts).contains("")
        || name.chars().anyMatch(Character::isWhitespace)) {
      fault(line, "`" + JsonPath.tame(name) + "` is not a name");
      return Optional.empty();
    }
    var scopes = scopes();
    for (var i = 0; i < scopes.size(); i++) {
      var member = scopes.get(i).member(parts[0]);
      if (member.isPresent()) {
        shadowed(parts[0], scopes, i, line);
        return within(member.get(), parts, line);
      }
      if (scopes.get(i).open()) {
        return Optional.of(InputShape.ANYTHING);
      }
    }
    List<String> known = new ArrayList<>();
    scopes.forEach(scope -> known.addAll(scope.members()));
    fault(
        line,
        "`"
            + JsonPath.tame(name)
            + "` is not in the input schema"
            + Nearest.suggestion(parts[0], known));
    return Optional.empty();
  }

  private Optional<InputShape> within(InputShape shape, String[] parts, int line) {
    var here = shape;
    for (var i = 1; i < parts.length; i++) {
      var member = here.member(parts[i]);
      if (member.isEmpty() && !here.open()) {
        fault(
            line,
            "`"
                + JsonPath.tame(parts[i])
                + "` is not in `"
                + JsonPath.tame(parts[i - 1])
                + "`"
                + (here.isList()
                    ? ", which is a list; write {{#...}} around it"
                    : Nearest.suggestion(parts[i], here.members())));
        return Optional.empty();
      }
      here = member.orElse(InputShape.ANYTHING);
    }
    return Optional.of(here);
  }

  /**
   * Mustache looks outwards for what is absent, so an optional field would show its namesake from
   * further out.
   */
  private void shadowed(String name, List<InputShape> scopes, int found, int line) {
    if (!scopes.get(found).requires(name)
        && scopes.subList(found + 1, scopes.size()).stream()
            .anyMatch(scope -> scope.member(name).isPresent())) {
      fault(
          line,
          "`"
              + name
              + "` is optional here and exists further out too, whose value would show instead;"
              + " make it required or rename one");
    }
  }

  private List<InputShape> scopes() {
    List<InputShape> scopes = new ArrayList<>();
    open.stream().filter(section -> !section.inverted()).map(Section::shape).forEach(scopes::add);
    scopes.add(root);
    return scopes;
  }

  /**
   * The renderer must see the very tags that were checked; if the two ever read a text differently,
   * it is refused.
   */
  private void agree() {
    List<String> seen = new ArrayList<>();
    try {
      Mustache.compiler().escapeHTML(false).compile(text).visit(new Listing(seen));
    } catch (MustacheException e) {
      fault(0, "cannot be read as a template: " + e.getMessage());
      return;
    }
    if (!seen.equals(tags)) {
      fault(
          0,
          "has a tag that can be read in two ways; write tags as {{name}}, without extra braces");
    }
  }

  private int lines(int from, int to) {
    return (int) text.substring(from, to).chars().filter(c -> c == '\n').count();
  }

  private void fault(int line, String reason) {
    faults.add(new TemplateFault(line, reason));
  }

  private record Listing(List<String> tags) implements Mustache.Visitor {
    @Override
    public void visitText(String text) {}

    @Override
    public void visitVariable(String name) {
      tags.add("=" + name);
    }

    @Override
    public boolean visitInclude(String name) {
      tags.add(">" + name);
      return false;
    }

    @Override
    public boolean visitSection(String name) {
      tags.add("#" + name);
      return true;
    }

    @Override
    public boolean visitInvertedSection(String name) {
      tags.add("^" + name);
      return true;
    }
  }
}
