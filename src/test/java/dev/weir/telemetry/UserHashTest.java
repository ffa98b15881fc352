package dev.weir.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserHashTest {
  @TempDir private Path folder;

  @Test
  void isTheSameForAUserAndAnotherForAnotherUserOrSalt() {
    var hash = UserHash.of(new Secret("one salt"));

    assertThat(hash.of("maria")).matches("[0-9a-f]{16}").isEqualTo(hash.of("maria"));
    assertThat(hash.of("mario")).isNotEqualTo(hash.of("maria"));
    assertThat(UserHash.of(new Secret("another")).of("maria")).isNotEqualTo(hash.of("maria"));
  }

  @Test
  void theSaltIsMadeOnceAndReadableByItsOwnerOnly() throws IOException {
    var data = folder.resolve("not/yet/there");

    var first = UserHash.of(Optional.empty(), data).of("maria");
    var second = UserHash.of(Optional.empty(), data).of("maria");

    assertThat(second).isEqualTo(first);
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("log-salt"))))
        .isEqualTo("rw-------");
  }

  @Test
  void aDamagedSaltIsAFaultAndNotANewOne() throws IOException {
    Files.writeString(folder.resolve("log-salt"), "short");

    assertThatThrownBy(() -> UserHash.of(Optional.empty(), folder))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("holds no salt");
  }
}
