package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrashDrillIT {
  @TempDir private Path data;

  @Test
  void everyAnsweredCallHasExactlyOneRowWhateverIsKilled() throws Exception {
    var outcome = new CrashDrill(data, 20261124).run(5);

    assertThat(outcome.answered()).isPositive();
    assertThat(outcome.rows()).isGreaterThanOrEqualTo(outcome.answered());
  }
}
