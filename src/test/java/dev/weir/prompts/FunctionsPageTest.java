package dev.weir.prompts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FunctionsPageTest {
  @TempDir private Path path;

  private static String page() throws IOException {
    return Files.readString(Path.of("docs", "functions.md"));
  }

  private static String function() throws IOException {
    return page().split("```yaml\n")[1].split("```")[0].stripIndent();
  }

  @Test
  void showsAFunctionThatLoads() throws IOException {
    var catalogue = new FunctionFolder(path).with("release-note.yaml", function()).loaded();

    assertThat(catalogue.find("release-note").orElseThrow().example()).isPresent();
  }

  @Test
  void showsTheFaultsThatItsSlipsCause() throws IOException {
    var slips = function().replace("{{audience}}", "{{audiance}}").lines();
    var text = String.join("\n", slips.map(FunctionsPageTest::misspelt).toList());

    var faults = new FunctionFolder(path).with("release-note.yaml", text).faults();

    assertThat(faults)
        .isNotEmpty()
        .allSatisfy(fault -> assertThat(page()).contains("conf/functions/" + fault + "\n"));
  }

  private static String misspelt(String line) {
    return line.contains("audience: {type") ? line.replace("maxLength", "maxLenght") : line;
  }
}
