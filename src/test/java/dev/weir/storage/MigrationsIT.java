package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(TestDatabase.Extension.class)
class MigrationsIT {
  @Test
  void migratingAgainChangesNothing(TestDatabase database) {
    assertThat(Migrations.migrate(database.administratorUrl())).isZero();
  }
}
