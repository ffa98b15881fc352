package dev.weir.output.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class KindsPageTest {
  @Test
  void thePageListsEveryKindOfEditInItsOrderWithItsWeight() throws IOException {
    var rows =
        Files.readAllLines(Path.of("docs/json-repair.md")).stream()
            .filter(line -> line.matches("\\| `[a-z_]+` \\| (lexical|structural|guess) \\|.*"))
            .map(line -> line.split("\\|"))
            .map(cells -> cells[1].strip() + " " + cells[2].strip())
            .toList();

    assertThat(rows)
        .containsExactlyElementsOf(
            Arrays.stream(Edit.Kind.values())
                .map(k -> "`" + k.label() + "` " + k.weight().name().toLowerCase(Locale.ROOT))
                .toList());
  }
}
