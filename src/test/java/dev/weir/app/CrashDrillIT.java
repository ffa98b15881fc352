package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Order(2) // takes long: begins early
class CrashDrillIT {
  @TempDir private Path data;

  @Test
  void everyAnsweredCallHasExactlyOneRowWhateverIsKilled() throws Exception {
    var outcome = new CrashDrill(data, 20261124).run(5);

    assertThat(outcome.answered()).isPositive();
    assertThat(outcome.rows()).isGreaterThanOrEqualTo(outcome.answered());
  }
}
