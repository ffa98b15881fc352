package dev.weir.prompts;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogueLoaderTest {
  @TempDir private Path path;
  private FunctionFolder folder;

  @BeforeEach
  void open() {
    folder = new FunctionFolder(path);
  }

  @Test
  void findsByNameAndSuggestsTheNearest() {
    var catalogue =
        folder
            .withGood("cover-letter")
            .withGood("job-analysis")
            .withGood("resume-generation")
            .loaded();

    assertThat(catalogue.all())
        .extracting(FunctionDefinition::name)
        .containsExactly("cover-letter", "job-analysis", "resume-generation");
    assertThat(catalogue.find("job-analysis")).isPresent();
    assertThat(catalogue.find("job")).isEmpty();
    assertThat(catalogue.nearest("cover_leter", 3)).containsExactly("cover-letter");
    assertThat(catalogue.nearest("resume", 3)).containsExactly("resume-generation");
    assertThat(catalogue.nearest("zzz", 3)).isEmpty();
    assertThat(catalogue.nearest("x".repeat(100_000), 3)).isEmpty();
  }

  @Test
  void takesAllFilesOrNone() {
    var faults = folder.withGood("a").with("b.yaml", "name: c\n").with("d.yaml", "").faults();

    assertThat(faults).hasSize(4);
    assertThat(faults).anyMatch(f -> f.startsWith("b.yaml:1: $.name"));
    assertThat(faults).contains("d.yaml:1: $: is empty");
  }

  @Test
  void passesOverWhatIsNoFunction() throws Exception {
    folder.withGood("a").with("README.md", "x").with(".a.yaml.swp", "x").with(".b.yaml", "x");
    folder.with("a.yaml~", "x").with("#a.yaml#", "x");
    Files.createDirectory(path.resolve("..2026_11_24"));

    assertThat(folder.loaded().all()).hasSize(1);
  }

  @Test
  void saysWhatToDoAboutAWrongSuffixOrAFolder() throws Exception {
    folder.with("a.yml", FunctionFolder.good("a"));
    Files.createDirectory(path.resolve("b.yaml"));

    assertThat(folder.faults())
        .containsExactly("a.yml: $: must end in .yaml; rename it", "b.yaml: $: is not a file");
  }

  @Test
  void followsLinksWithinTheFolderAndNoOthers(@TempDir Path elsewhere) throws Exception {
    var inside = Files.createDirectory(path.resolve("..data"));
    Files.writeString(inside.resolve("a.yaml"), FunctionFolder.good("a"));
    Files.createSymbolicLink(path.resolve("a.yaml"), Path.of("..data", "a.yaml"));
    assertThat(folder.loaded().all()).hasSize(1);

    Files.writeString(elsewhere.resolve("b.yaml"), FunctionFolder.good("b"));
    Files.createSymbolicLink(path.resolve("b.yaml"), elsewhere.resolve("b.yaml"));
    Files.createSymbolicLink(path.resolve("c.yaml"), Path.of("nowhere.yaml"));

    assertThat(folder.faults())
        .containsExactly(
            "b.yaml: $: is a symbolic link that leads out of the folder; put the file itself here",
            "c.yaml: $: is a symbolic link to nothing, or vanished while it was read");
  }

  @Test
  void refusesAFolderThatIsNone() {
    assertThat(new FunctionFolder(path.resolve("none")).load())
        .isEqualTo(
            new LoadResult.Refused(
                java.util.List.of(new Fault(path.resolve("none"), 0, "$", "does not exist"))));
    folder.with("file", "x");
    assertThat(new FunctionFolder(path.resolve("file")).load())
        .isEqualTo(
            new LoadResult.Refused(
                java.util.List.of(new Fault(path.resolve("file"), 0, "$", "is not a folder"))));
  }

  @Test
  void refusesModelsThatNobodyKnows() {
    folder.with("f.yaml", FunctionFolder.good("f") + "fallbacks: [ok/model, lost]\n");
    ModelCheck models =
        model -> model.equals("lost") ? Optional.of("is not a known model") : Optional.empty();

    assertThat(new CatalogueLoader(models).load(path).toString())
        .contains(".yaml:10: ", "$.fallbacks[1]", "is not a known model");
  }

  @Test
  void keepsWhatHasTheSameBytes() {
    folder.withGood("a").withGood("b");
    var loader = new CatalogueLoader(ModelCheck.ANY);
    var first = ((LoadResult.Loaded) loader.load(path)).catalogue();

    folder.with("b.yaml", FunctionFolder.good("b") + "citations: keep\n");
    var second = ((LoadResult.Loaded) loader.load(path)).catalogue();

    assertThat(second.find("a").orElseThrow()).isSameAs(first.find("a").orElseThrow());
    assertThat(second.find("b").orElseThrow().removeCitations()).isFalse();
  }

  @Test
  void loadsTenThousandFilesInSeconds() {
    for (var i = 0; i < 10_000; i++) {
      folder.withGood("function-" + i);
    }

    var begin = System.nanoTime();
    var catalogue = folder.loaded();
    var took = Duration.ofNanos(System.nanoTime() - begin);

    assertThat(catalogue.all()).hasSize(10_000);
    assertThat(catalogue.find("function-9999")).isPresent();
    assertThat(catalogue.nearest("funktion-77", 3)).first().isEqualTo("function-77");
    assertThat(took).isLessThan(Duration.ofMinutes(1)); // seconds alone; CI may be crowded
  }
}
