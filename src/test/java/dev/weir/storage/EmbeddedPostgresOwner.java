package dev.weir.storage;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** A process that owns an embedded server until it is killed. */
final class EmbeddedPostgresOwner {
  private EmbeddedPostgresOwner() {}

  public static void main(String[] args) throws InterruptedException {
    EmbeddedPostgres.start(EmbeddedPostgres.Settings.in(Path.of(args[0])));
    System.out.println("started");
    new CountDownLatch(1).await();
  }
}
