package dev.weir.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk of 2 MiB that is really full: a file system of its own, in a namespace of its own. */
class FullDiskIT {
  private static final Pattern SAW =
      Pattern.compile("appended=(\\d+) read=(\\d+) free=(\\d+) again=(\\w+)");

  private static final List<String> ON_A_SMALL_DISK =
      List.of(
          "unshare",
          "--user",
          "--map-root-user",
          "--mount",
          "sh",
          "-c",
          "mount -t tmpfs -o size=2m tmpfs \"$0\" && exec \"$@\"");

  @TempDir Path disk;

  @Test
  void aFullDiskRefusesNewRoomAndLosesNothingAndIsGoneOnWithWhenThereIsRoom() throws Exception {
    assumeTrue(run(List.of("true")).startsWith("0:"), "this machine lets nobody mount");

    var out =
        run(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:-CreateCoredumpOnCrash",
                "-cp",
                System.getProperty("java.class.path"),
                FullDisk.class.getName(),
                disk.toString()));

    var saw = SAW.matcher(out);
    assertThat(saw.find()).as(out).isTrue();
    assertThat(Integer.parseInt(saw.group(1))).isGreaterThan(1_500);
    assertThat(saw.group(2)).as("all that was appended is there").isEqualTo(saw.group(1));
    assertThat(Long.parseLong(saw.group(3))).as("really full").isLessThan(64 << 10);
    assertThat(saw.group(4)).as("there is room again").isEqualTo("true");
    assertThat(out).startsWith("0:");
  }

  private String run(List<String> command) throws Exception {
    var all = new ArrayList<>(ON_A_SMALL_DISK);
    all.add(disk.toString());
    all.addAll(command);
    var process = new ProcessBuilder(all).redirectErrorStream(true).start();
    var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue() + ":" + out;
  }
}
