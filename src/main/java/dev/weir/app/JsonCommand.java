package dev.weir.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weir.output.json.JsonRepair;
import dev.weir.output.json.Options;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir json}: works on JSON without the service. */
@Command(
    name = "json",
    description = "Work on JSON that a model wrote.",
    mixinStandardHelpOptions = true,
    subcommands = JsonCommand.Repair.class)
public final class JsonCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Prints how the command is used. */
  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** {@code weir json repair < file}: repairs standard input, or a file. */
  @Command(
      name = "repair",
      description = {
        "Find the JSON in a text, repair it and print it.",
        "Exit code 0: a value was printed; 1: there is no JSON in the text; 2: wrong usage."
      },
      mixinStandardHelpOptions = true)
  static final class Repair implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "FILE", description = "Read this file, not the input.")
    private Optional<Path> file = Optional.empty();

    @Option(
        names = "--schema",
        paramLabel = "FILE",
        description = "A JSON Schema that guides the repair.")
    private Optional<Path> schema = Optional.empty();

    @Option(
        names = "--documents",
        paramLabel = "CHOICE",
        defaultValue = "auto",
        description =
            "Which document, if there are several: auto, first, last, largest, all."
                + " Default: ${DEFAULT-VALUE}.")
    private String documents = "auto";

    @Option(names = "--no-citations", description = "Take citation marks like [1] out of strings.")
    private boolean noCitations;

    @Option(names = "--unwrap", description = "Unwrap a document inside a JSON string.")
    private boolean unwrap;

    @Option(names = "--edits", description = "List the edits on the error output.")
    private boolean edits;

    @Option(names = "--compact", description = "Print on one line.")
    private boolean compact;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
      var out = spec.commandLine().getOut();
      var err = spec.commandLine().getErr();
      Options options;
      try {
        options = options();
      } catch (IllegalArgumentException | JsonProcessingException wrong) {
        err.println("weir json repair: " + firstLine(String.valueOf(wrong.getMessage())));
        return 2;
      }
      var repaired = JsonRepair.repair(input(System.in), options);
      if (edits) {
        for (var edit : repaired.edits()) {
          var place = edit.position() < 0 ? edit.path() : String.valueOf(edit.position());
          err.println(edit.kind().label() + " at " + place + ": " + edit.description());
        }
        err.println("confidence: " + repaired.confidence().name().toLowerCase(Locale.ROOT));
        err.flush();
      }
      if (!repaired.found()) {
        err.println("weir json repair: there is no JSON in the text");
        return 1;
      }
      out.println(compact ? repaired.value().toString() : repaired.value().toPrettyString());
      out.flush();
      return 0;
    }

    private Options options() throws IOException {
      var choice = Options.Documents.valueOf(documents.toUpperCase(Locale.ROOT));
      var options = Options.DEFAULTS.withDocuments(choice).withUnwrapStrings(unwrap);
      if (noCitations) {
        options = options.withoutCitations(Options.DEFAULTS.maxCitation());
      }
      if (schema.isPresent()) {
        options = options.withSchema(new ObjectMapper().readTree(Files.readString(schema.get())));
      }
      return options;
    }

    private byte[] input(InputStream standard) throws IOException {
      return file.isPresent() ? Files.readAllBytes(file.get()) : standard.readAllBytes();
    }

    private static String firstLine(String message) {
      return message.lines().findFirst().orElse("wrong usage");
    }
  }
}
