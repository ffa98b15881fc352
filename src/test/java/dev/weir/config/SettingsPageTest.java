package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class SettingsPageTest {
  private static final Pattern ROW = Pattern.compile("^\\| `([^`]+)` \\| `([^`]+)` \\|");

  @Test
  void thePageOfSettingsAndTheLoaderKnowTheSameKeysAndVariables() throws IOException {
    var keys = new ArrayList<String>();
    var variables = new ArrayList<String>();

    for (var line : Files.readAllLines(Path.of("docs/settings.md"))) {
      var row = ROW.matcher(line);
      if (row.find()) {
        keys.add(row.group(1));
        variables.add(row.group(2));
      }
    }

    assertThat(keys).containsExactlyElementsOf(Setting.ALL.stream().map(Setting::key).toList());
    assertThat(variables)
        .containsExactlyElementsOf(
            Setting.ALL.stream()
                .map(s -> Setting.variable(s.key().replace(Setting.NAME, "name")))
                .map(v -> v.replace("_NAME_", "_<NAME>_"))
                .toList());
  }

  @Test
  void everySecretSaysSoOnThePage() throws IOException {
    var page = Files.readString(Path.of("docs/settings.md"));

    for (var setting : Setting.ALL) {
      if (setting.shape() == Setting.Shape.SECRET) {
        assertThat(page.lines().filter(l -> l.startsWith("| `" + setting.key() + "`")).findFirst())
            .hasValueSatisfying(line -> assertThat(line).contains("secret"));
      }
    }
  }
}
