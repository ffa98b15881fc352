package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is meant where nothing is said. */
class SpecReaderTest {

  /** A function may give its calls 10 minutes. */
  @Test
  void theLongestCallHasTimeToEnd() {
    var spec =
        SpecReader.read(
            Json.parse(
                """
                {"name": "one", "function": "chat", "variants": [
                  {"name": "a", "control": true, "weight": 1, "prompt_version": "production"},
                  {"name": "b", "weight": 1, "prompt_version": "candidate"}]}
                """));

    assertThat(spec.settle()).isGreaterThan(Duration.ofMinutes(10));
  }
}
