package dev.weir.config;

import dev.weir.core.Nearest;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * The settings file as flat keys with their lines. Walks the tree of YAML nodes along the grammar
 * of {@link Setting}, so nothing is built from the file that the grammar does not know: no types,
 * no tags, no code.
 */
final class YamlSettings {
  private static final int MAX_CHARACTERS = 1 << 20;

  private final String file;
  private final List<ConfigFault> faults;
  private final Map<String, Given> values = new LinkedHashMap<>();
  private final Map<String, Integer> sections = new HashMap<>();
  private final Set<String> providers = new LinkedHashSet<>();
  private final Set<String> models = new LinkedHashSet<>();

  private YamlSettings(String file, List<ConfigFault> faults) {
    this.file = file;
    this.faults = faults;
  }

  /** Reads a file; what is wrong with it goes to {@code faults}. */
  static YamlSettings read(Path path, List<ConfigFault> faults) {
    var settings = new YamlSettings(path.toString(), faults);
    try {
      settings.walkDocument(Files.readString(path));
    } catch (CharacterCodingException e) {
      settings.refuse(0, "the file", "is not valid UTF-8");
    } catch (IOException e) {
      settings.refuse(
          0,
          "the file",
          (Files.exists(path) ? "cannot be read" : "does not exist")
              + "; run Weir in its own directory or name the file in WEIR_CONFIG");
    } catch (MarkedYAMLException e) {
      var mark = e.getProblemMark();
      settings.refuse(
          mark == null ? 0 : mark.getLine() + 1, "the file", "is not YAML: " + e.getProblem());
    } catch (YAMLException e) {
      settings.refuse(0, "the file", "is not YAML: " + e.getMessage());
    }
    return settings;
  }

  /** What the file says, by key. */
  Map<String, Given> values() {
    return values;
  }

  /** The names under {@code providers}, in the file's order. */
  Set<String> providers() {
    return providers;
  }

  /** The names under {@code models}, in the file's order. */
  Set<String> models() {
    return models;
  }

  /** A fault in the absence of a key, at the section in which it is missing. */
  ConfigFault absent(String key, String reason) {
    var section = key.substring(0, Math.max(0, key.lastIndexOf('.')));
    return new ConfigFault(file, sections.getOrDefault(section, 0), key, reason);
  }

  private void walkDocument(String text) {
    var options = new LoaderOptions();
    options.setCodePointLimit(MAX_CHARACTERS);
    options.setNestingDepthLimit(16);
    options.setMaxAliasesForCollections(16);
    Node root = new Yaml(options).compose(new StringReader(text));
    if (root != null && !isNull(root)) {
      walk(root, "", "");
    }
  }

  /** One section: {@code path} as it is written, {@code rule} as the grammar has it. */
  private void walk(Node node, String path, String rule) {
    if (!(node instanceof MappingNode section)) {
      refuse(line(node), path.isEmpty() ? "the file" : path, "must hold settings, one key a line");
      return;
    }
    var known = Setting.after(rule);
    var seen = new LinkedHashSet<String>();
    for (var entry : section.getValue()) {
      if (!(entry.getKeyNode() instanceof ScalarNode keyNode)) {
        refuse(line(entry.getKeyNode()), path, "a key must be plain text");
        continue;
      }
      var key = keyNode.getValue();
      var at = join(path, key);
      sections.put(at, line(keyNode));
      if (!seen.add(key)) {
        refuse(line(keyNode), at, "stands twice in this section");
      } else if (known.contains(Setting.NAME)) {
        walkNamed(entry.getValueNode(), key, at, rule);
      } else if (known.contains(key)) {
        walkKnown(entry.getValueNode(), line(keyNode), at, join(rule, key));
      } else {
        refuse(line(keyNode), at, "is not a setting" + suggestion(path, key, known));
      }
    }
  }

  private void walkNamed(Node value, String name, String at, String rule) {
    var isModel = rule.equals("models");
    if (!name.matches(isModel ? "[A-Za-z0-9][A-Za-z0-9._:-]{0,99}" : "[a-z][a-z0-9_-]{0,49}")) {
      refuse(
          line(value),
          at,
          isModel
              ? "a model's name is letters, digits, dots, colons, dashes and underscores"
              : "a provider's name is a small letter, then small letters, digits, - and _");
      return;
    }
    (isModel ? models : providers).add(name);
    if (isNull(value)) {
      return;
    }
    if (isModel && value instanceof ScalarNode shorthand) {
      values.put(at + ".model", given(List.of(shorthand.getValue()), shorthand, at));
    } else {
      walk(value, at, join(rule, Setting.NAME));
    }
  }

  private void walkKnown(Node value, int line, String at, String rule) {
    if (isNull(value)) {
      return;
    }
    if (!Setting.holdsValue(rule)) {
      walk(value, at, rule);
    } else if (value instanceof ScalarNode scalar) {
      values.put(at, given(List.of(scalar.getValue()), scalar, at));
    } else if (value instanceof SequenceNode sequence && Setting.holdsList(rule)) {
      values.put(at, given(items(sequence, at), sequence, at));
    } else {
      refuse(
          line,
          at,
          Setting.holdsList(rule) ? "must be a list of values" : "must be a single value");
    }
  }

  private List<String> items(SequenceNode sequence, String at) {
    var items = new ArrayList<String>();
    for (var item : sequence.getValue()) {
      if (item instanceof ScalarNode scalar && !isNull(scalar)) {
        items.add(scalar.getValue());
      } else {
        refuse(line(item), at, "every item of the list must be a single value");
      }
    }
    return items;
  }

  /** A slip of the pen in this section, or a key that belongs to another one. */
  private static String suggestion(String path, String key, Set<String> known) {
    var near = Nearest.to(key, known).map(found -> join(path, found));
    return near.or(
            () ->
                Setting.ALL.stream()
                    .map(Setting::key)
                    .filter(other -> other.endsWith("." + key) || other.equals(key))
                    .findFirst())
        .map(found -> "; did you mean `" + found + "`?")
        .orElse("; docs/settings.md lists them all");
  }

  private Given given(List<String> items, Node node, String at) {
    return new Given(items, file, line(node), at);
  }

  private void refuse(int line, String path, String reason) {
    faults.add(new ConfigFault(file, line, path, reason));
  }

  private static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private static int line(@Nullable Node node) {
    var mark = node == null ? null : node.getStartMark();
    return mark == null ? 0 : mark.getLine() + 1;
  }

  private static boolean isNull(Node node) {
    return node.getTag().equals(Tag.NULL);
  }
}
