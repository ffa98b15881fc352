import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Formats every Java file of the project with google-java-format, or with {@code --check} only names those that differ
 * and fails. Run by Maven in the JDK 25 of the toolchain: {@code mvn process-test-classes exec:exec@format}.
 */
class Format {
  public static void main(String[] args) throws IOException, InterruptedException {
    var check = args.length > 1 && args[1].equals("--check");
    var command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"),
        // It lives for seconds: the second compiler would cost more than it gives.
        "-XX:TieredStopAtLevel=1", "-jar", args[0]));
    command.addAll(check ? List.of("--dry-run", "--set-exit-if-changed") : List.of("--replace"));
    for (var root : List.of("src/main/java", "src/test/java", "src/bench/java")) {
      if (Files.isDirectory(Path.of(root))) {
        try (var files = Files.walk(Path.of(root))) {
          files.filter(f -> f.toString().endsWith(".java")).map(Path::toString).sorted().forEach(command::add);
        }
      }
    }
    var exit = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (exit != 0 && check) {
      System.err.println("The files above are not formatted: run mvn process-test-classes exec:exec@format");
    }
    System.exit(exit);
  }
}
