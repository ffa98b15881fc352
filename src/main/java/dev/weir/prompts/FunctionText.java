package dev.weir.prompts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Functions that come as text instead of as a file: the same format, the same checks, the same
 * version for the same content. Any thread; takes a millisecond or so, so not for an event loop
 * with many of them.
 */
public final class FunctionText {
  private FunctionText() {}

  /** What came of a text. */
  public sealed interface Reading {
    /**
     * It is a function.
     *
     * @param function the function
     * @param tree the text as a tree
     * @param source the text
     */
    record Good(FunctionDefinition function, JsonNode tree, String source) implements Reading {}

    /**
     * It is none.
     *
     * @param faults every fault; never empty
     */
    record Refused(List<Fault> faults) implements Reading {
      /** Copies the list. */
      public Refused {
        faults = List.copyOf(faults);
      }
    }
  }

  /**
   * Reads a function.
   *
   * @param name what it must be called
   * @param source the text, in YAML or JSON
   * @param models says which models exist
   */
  public static Reading read(String name, String source, ModelCheck models) {
    var file = Path.of(name.matches("[A-Za-z0-9-]{1,63}") ? name + ".yaml" : "function.yaml");
    var bytes = source.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > CatalogueLoader.MAX_FILE_BYTES) {
      return new Reading.Refused(
          List.of(
              new Fault(
                  file,
                  0,
                  JsonPath.ROOT,
                  "is larger than " + CatalogueLoader.MAX_FILE_BYTES / 1024 + " KiB")));
    }
    var result = FunctionReader.read(file, bytes);
    var faults = new ArrayList<>(result.faults());
    for (var named : result.models()) {
      models
          .problemWith(named.model())
          .ifPresent(what -> faults.add(new Fault(file, named.line(), named.path(), what)));
    }
    return faults.isEmpty() && result.function().isPresent()
        ? new Reading.Good(result.function().get(), YamlTree.read(bytes, false).root(), source)
        : new Reading.Refused(faults);
  }

  /**
   * Any document in the same plain YAML, or in JSON.
   *
   * @throws AIError {@code INVALID_REQUEST} with the first fault
   */
  public static JsonNode tree(String source) {
    var tree = YamlTree.read(source.getBytes(StandardCharsets.UTF_8), true);
    for (var fault : tree.faults()) {
      throw AIError.invalid("Line " + fault.line() + ": " + fault.path() + " " + fault.reason());
    }
    return tree.root();
  }

  /** A tree as a text that {@link #read} reads back: JSON, which is YAML too. */
  public static String of(JsonNode tree) {
    try {
      return Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("every tree can be written", e);
    }
  }
}
