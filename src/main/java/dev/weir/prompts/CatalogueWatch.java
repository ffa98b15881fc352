package dev.weir.prompts;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The functions of a running service: the snapshot of now, renewed when the folder changes.
 *
 * <p>The file system's events wake it, whichever way a file was written: in place, by an editor's
 * rename, by the swap of a ConfigMap's link. A burst of events is one reload, once it has been
 * quiet for a moment. Where no events come (some network file systems and container mounts) a look
 * at names, sizes and times every ten seconds finds the change. The folder is read whole, and one
 * reference is swapped if all of it is good; else the faults are logged and the former snapshot
 * stays.
 *
 * <p>{@link #get} may be called by any thread. The watching happens on a virtual thread of its own.
 */
public final class CatalogueWatch implements Supplier<FunctionCatalogue>, AutoCloseable {
  private static final Logger LOG = LogManager.getLogger(CatalogueWatch.class);
  private static final int FAULTS_IN_LOG = 10;

  /** When the watch looks and how long it waits; tests are less patient. */
  record Pace(Duration quiet, Duration longestBurst, Duration look) {
    static final Pace USUAL =
        new Pace(Duration.ofMillis(200), Duration.ofSeconds(3), Duration.ofSeconds(10));
  }

  private final Path folder;
  private final CatalogueLoader loader;
  private final Consumer<LoadResult> told;
  private final Pace pace;
  private final AtomicReference<FunctionCatalogue> current;
  private final Thread thread;
  private volatile boolean closed;
  private List<Fault> lastRefused = List.of();

  /**
   * A watch over a folder that was loaded already; {@link #start} sets it going.
   *
   * @param folder the folder
   * @param loader the loader that read it
   * @param first what it read
   * @param told hears of every reload that found something new, good or bad, on the watch's own
   *     thread; must not block
   */
  public CatalogueWatch(
      Path folder, CatalogueLoader loader, FunctionCatalogue first, Consumer<LoadResult> told) {
    this(folder, loader, first, told, Pace.USUAL);
  }

  CatalogueWatch(
      Path folder,
      CatalogueLoader loader,
      FunctionCatalogue first,
      Consumer<LoadResult> told,
      Pace pace) {
    this.folder = folder;
    this.loader = loader;
    this.told = told;
    this.pace = pace;
    this.current = new AtomicReference<>(first);
    this.thread = Thread.ofVirtual().name("function-watch").unstarted(this::watch);
  }

  /** Begins to watch; returns at once. To be called once. */
  public CatalogueWatch start() {
    thread.start();
    return this;
  }

  /** The functions of now. Costs nothing. */
  @Override
  public FunctionCatalogue get() {
    return current.get();
  }

  /**
   * Reads the folder now and takes it over if it is good, as the watch does by itself after a
   * change. Blocks on the disk.
   */
  public synchronized LoadResult reload() {
    var result = loader.load(folder);
    switch (result) {
      case LoadResult.Loaded(FunctionCatalogue next) -> {
        var difference = CatalogueDifference.between(current.get(), next);
        if (difference.isEmpty() && lastRefused.isEmpty()) {
          LOG.debug("The function files were read again; nothing has changed");
          return result;
        }
        current.set(next);
        lastRefused = List.of();
        LOG.info("Functions reloaded: {}", difference);
      }
      case LoadResult.Refused(var faults) -> {
        if (faults.equals(lastRefused)) {
          return result; // said before
        }
        lastRefused = faults;
        warn(faults);
      }
    }
    told.accept(result);
    return result;
  }

  private void warn(List<Fault> faults) {
    LOG.warn(
        "Functions not reloaded, the former {} stay: {}{}",
        current.get().all().size(),
        faults.stream().limit(FAULTS_IN_LOG).map(Fault::toString).collect(Collectors.joining("; ")),
        faults.size() > FAULTS_IN_LOG
            ? " and %d more".formatted(faults.size() - FAULTS_IN_LOG)
            : "");
  }

  /** Stops watching; the last snapshot stays. Returns at once. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }

  private void watch() {
    while (!closed) {
      try (var events = folder.getFileSystem().newWatchService()) {
        follow(events);
      } catch (ClosedWatchServiceException | InterruptedException e) {
        return;
      } catch (IOException e) {
        // Out of inotify watches, or a folder that is gone for the moment: look from time to time.
        LOG.debug("No events for {}: {}", folder, e.toString());
        if (!lookOnce()) {
          return;
        }
      } catch (RuntimeException e) {
        LOG.error("The watch over {} failed and begins anew", folder, e);
        if (!lookOnce()) {
          return;
        }
      }
    }
  }

  private void follow(WatchService events) throws IOException, InterruptedException {
    var unused =
        folder.register(
            events,
            StandardWatchEventKinds.ENTRY_CREATE,
            StandardWatchEventKinds.ENTRY_MODIFY,
            StandardWatchEventKinds.ENTRY_DELETE);
    var seen = FolderStamp.of(folder);
    reload(); // what changed between the first load and the registration
    while (!closed) {
      var woken = events.poll(pace.look().toMillis(), TimeUnit.MILLISECONDS);
      var watching = woken == null || swallow(woken, events);
      var now = FolderStamp.of(folder);
      if (woken != null || !now.equals(seen)) {
        seen = now;
        reload();
      }
      if (!watching) {
        return; // the folder itself was removed or replaced
      }
    }
  }

  /**
   * Takes events until none came for a moment, or for long enough; false if there will be no more.
   */
  private boolean swallow(WatchKey first, WatchService events) throws InterruptedException {
    var end = System.nanoTime() + pace.longestBurst().toNanos();
    var key = first;
    while (key != null) {
      key.pollEvents();
      if (!key.reset()) {
        return false;
      }
      key =
          System.nanoTime() < end
              ? events.poll(pace.quiet().toMillis(), TimeUnit.MILLISECONDS)
              : null;
    }
    return true;
  }

  /** One wait and one reload where there are no events; false if the watch is closed. */
  private boolean lookOnce() {
    try {
      Thread.sleep(pace.look());
    } catch (InterruptedException e) {
      return false;
    }
    reload();
    return !closed;
  }
}
