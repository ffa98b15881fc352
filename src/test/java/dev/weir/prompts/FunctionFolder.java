package dev.weir.prompts;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A folder of function files for a test. */
record FunctionFolder(Path path) {
  /** A small, good function. */
  static String good(String name) {
    return """
    name: %s
    prompt:
      user: Say hello to {{who}}.
    input:
      type: object
      additionalProperties: false
      required: [who]
      properties:
        who: {type: string, maxLength: 100}
    """
        .formatted(name);
  }

  /** Puts the file there whole, so that one who watches never reads the half of it. */
  FunctionFolder with(String file, String content) {
    try {
      var whole = Files.createTempFile(path, ".", ".new");
      Files.writeString(whole, content);
      Files.move(whole, path.resolve(file), StandardCopyOption.ATOMIC_MOVE);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  FunctionFolder withGood(String name) {
    return with(name + ".yaml", good(name));
  }

  LoadResult load() {
    return new CatalogueLoader(ModelCheck.ANY).load(path);
  }

  FunctionCatalogue loaded() {
    return switch (load()) {
      case LoadResult.Loaded(var catalogue) -> catalogue;
      case LoadResult.Refused(var faults) -> throw new AssertionError(faults.toString());
    };
  }

  /** The faults as an editor sees them, without the folder. */
  java.util.List<String> faults() {
    return switch (load()) {
      case LoadResult.Loaded(var catalogue) -> java.util.List.of();
      case LoadResult.Refused(var faults) ->
          faults.stream().map(f -> f.toString().replace(path + "/", "")).toList();
    };
  }
}
