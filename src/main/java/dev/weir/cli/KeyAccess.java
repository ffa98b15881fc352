package dev.weir.cli;

import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options by which every command about keys finds them, and the way there. */
final class KeyAccess {
  @Mixin private final AdminDoor admin;

  @Option(
      names = "--database",
      description = "Goes straight to the database of WEIR_DATABASE_URL, past any server.")
  private boolean direct;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  private final World world;

  KeyAccess(World world) {
    this.world = world;
    this.admin = new AdminDoor(world);
  }

  /**
   * Does something with the keys: by a running service if there is an admin key for it, else in the
   * database if there is one, else fails with what to do.
   */
  <T> T with(Function<Keys, T> work) {
    var surroundings = new Surroundings(world);
    var door = direct ? Optional.<HttpDoor>empty() : admin.find(surroundings);
    if (door.isEmpty()) {
      return inDatabase(surroundings, work);
    }
    try (var keys = new ManagementKeys(door.get())) {
      return work.apply(keys);
    } catch (HttpDoor.Unreachable e) {
      if (admin.named() || surroundings.databaseUrl().isEmpty()) {
        throw e;
      }
      spec.commandLine().getErr().println("No server answers; working straight on the database.");
      return inDatabase(surroundings, work);
    }
  }

  private static <T> T inDatabase(Surroundings surroundings, Function<Keys, T> work) {
    var database =
        surroundings
            .databaseUrl()
            .orElseThrow(
                () ->
                    new CommandFailure(
                        ExitCode.FAILED,
                        "There is no admin key and no database. Set WEIR_ADMIN_KEY to use a running"
                            + " server, or WEIR_DATABASE_URL to work straight on its database; in"
                            + " dev mode start the server once, which makes data/dev-keys."));
    try (var keys = new DatabaseKeys(database)) {
      return work.apply(keys);
    }
  }
}
