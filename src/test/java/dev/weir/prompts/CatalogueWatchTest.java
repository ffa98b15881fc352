package dev.weir.prompts;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogueWatchTest {
  private static final CatalogueWatch.Pace QUICK =
      new CatalogueWatch.Pace(Duration.ofMillis(20), Duration.ofSeconds(1), Duration.ofMillis(100));

  @TempDir private Path path;
  private final BlockingQueue<LoadResult> told = new LinkedBlockingQueue<>();
  private FunctionFolder folder;
  private CatalogueWatch watch;

  @BeforeEach
  void open() {
    folder = new FunctionFolder(path);
  }

  @AfterEach
  void close() {
    watch.close();
  }

  private void start() {
    var loader = new CatalogueLoader(ModelCheck.ANY);
    var first = ((LoadResult.Loaded) loader.load(path)).catalogue();
    watch = new CatalogueWatch(path, loader, first, told::add, QUICK).start();
  }

  private LoadResult next() throws InterruptedException {
    var result = told.poll(20, TimeUnit.SECONDS);
    assertThat(result).as("a reload within 20 s").isNotNull();
    return result;
  }

  @Test
  void takesOverAddedChangedAndRemovedFiles() throws Exception {
    folder.withGood("a");
    start();

    folder.withGood("b");
    next();
    assertThat(watch.get().find("b")).isPresent();

    folder.with("b.yaml", FunctionFolder.good("b") + "citations: keep\n");
    next();
    assertThat(watch.get().find("b").orElseThrow().removeCitations()).isFalse();

    Files.delete(path.resolve("b.yaml"));
    next();
    assertThat(watch.get().find("b")).isEmpty();
    assertThat(watch.get().find("a")).isPresent();
  }

  @Test
  void keepsTheOldSnapshotWhileAFileIsBad() throws Exception {
    folder.withGood("a");
    start();
    var before = watch.get();

    folder.with("a.yaml", FunctionFolder.good("a") + "citatoins: keep\n").withGood("b");
    var refused = next();

    assertThat(refused).isInstanceOf(LoadResult.Refused.class);
    assertThat(refused.toString())
        .contains(".yaml:10: ", "$.citatoins", "did you mean `citations`?");
    assertThat(watch.get()).isSameAs(before);

    folder.withGood("a");
    assertThat(next()).isInstanceOf(LoadResult.Loaded.class);
    assertThat(watch.get().all()).hasSize(2);
  }

  @Test
  void seesAnEditorsRename() throws Exception {
    folder.withGood("a");
    start();

    folder.with(".a.yaml.new", FunctionFolder.good("a") + "citations: keep\n");
    Files.move(path.resolve(".a.yaml.new"), path.resolve("a.yaml"), StandardCopyOption.ATOMIC_MOVE);

    next();
    assertThat(watch.get().find("a").orElseThrow().removeCitations()).isFalse();
  }

  @Test
  void seesTheSwapOfAConfigMap() throws Exception {
    mount("..one", FunctionFolder.good("a"));
    Files.createSymbolicLink(path.resolve("a.yaml"), Path.of("..data", "a.yaml"));
    start();

    mount("..two", FunctionFolder.good("a") + "citations: keep\n");

    next();
    assertThat(watch.get().find("a").orElseThrow().removeCitations()).isFalse();
  }

  /** What the kubelet does: a new folder, a new link beside the old one, and a rename over it. */
  private void mount(String version, String content) throws Exception {
    Files.createDirectory(path.resolve(version));
    Files.writeString(path.resolve(version).resolve("a.yaml"), content);
    Files.createSymbolicLink(path.resolve("..data_tmp"), Path.of(version));
    Files.move(path.resolve("..data_tmp"), path.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void seesAChangeBeforeItsFirstEvent() throws Exception {
    folder.withGood("a");
    var loader = new CatalogueLoader(ModelCheck.ANY);
    var first = ((LoadResult.Loaded) loader.load(path)).catalogue();
    folder.withGood("b");

    watch = new CatalogueWatch(path, loader, first, told::add, QUICK).start();

    next();
    assertThat(watch.get().all()).hasSize(2);
  }

  @Test
  void outlivesTheFolderBeingReplaced() throws Exception {
    var inner = Files.createDirectory(path.resolve("functions"));
    folder = new FunctionFolder(inner).withGood("a");
    var loader = new CatalogueLoader(ModelCheck.ANY);
    var first = ((LoadResult.Loaded) loader.load(inner)).catalogue();
    watch = new CatalogueWatch(inner, loader, first, told::add, QUICK).start();

    Files.move(inner, path.resolve("away"));
    assertThat(next()).isInstanceOf(LoadResult.Refused.class);
    assertThat(watch.get().all()).hasSize(1);

    var staged = Files.createDirectory(path.resolve("staged"));
    new FunctionFolder(staged).withGood("a").withGood("b");
    Files.move(staged, inner);

    while (watch.get().all().size() != 2) {
      next();
    }
  }

  @Test
  void saysTheSameFaultOnce() throws Exception {
    folder.withGood("a");
    start();
    folder.with("b.yaml", "name: c\n");
    next();

    assertThat(watch.reload()).isInstanceOf(LoadResult.Refused.class);
    assertThat(watch.reload()).isInstanceOf(LoadResult.Refused.class);

    assertThat(told).isEmpty();
  }
}
