package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class JsonCommandTest {
  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return new CommandLine(new JsonCommand())
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(args);
  }

  private String file(String text) throws Exception {
    return Files.writeString(folder.resolve("in" + text.hashCode()), text).toString();
  }

  @Test
  void repairsAFile() throws Exception {
    var exit = run("repair", "--compact", "--edits", file("Sure: {'a': [1, 2,]}"));

    assertThat(exit).isZero();
    assertThat(out.toString().strip()).isEqualTo("{\"a\":[1,2]}");
    assertThat(err.toString()).contains("trailing_comma at 17", "confidence: high");
  }

  @Test
  void followsASchema() throws Exception {
    var schema = file("{\"properties\":{\"a\":{\"type\":\"integer\"}}}");

    run("repair", "--compact", "--schema", schema, file("{\"a\": \"3\"}"));

    assertThat(out.toString().strip()).isEqualTo("{\"a\":3}");
  }

  @Test
  void saysThatThereIsNothing() throws Exception {
    assertThat(run("repair", file("no json here"))).isEqualTo(1);
    assertThat(err.toString()).contains("no JSON");
  }

  @Test
  void explainsItself() {
    assertThat(run("repair", "--help")).isZero();
    assertThat(out.toString()).contains("repair it and print it", "--schema");
    assertThat(run("repair", "--documents", "some")).isEqualTo(2);
  }
}
