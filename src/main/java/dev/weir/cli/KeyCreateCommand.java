package dev.weir.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code weir key create}. */
@Command(
    name = "create",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes a key and prints it, this once.",
      "Roles: user (bound to one user), service (a back end, which names its users in x-weir-user),"
          + " admin (the management API only)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir key create --role user --user ada --name \"Ada's laptop\"",
      "  ./weir key create --role service --user shop --name checkout --function cover-letter \\",
      "      --address 10.0.0.0/8 --expires-in 90d",
      "  WEIR_DATABASE_URL=postgres://... ./weir key create --role admin --name \"first admin\"",
      "  export WEIR_KEY=$(./weir key create --role user --user ci --name ci)"
    })
final class KeyCreateCommand implements Callable<Integer> {
  @Option(
      names = "--role",
      required = true,
      paramLabel = "ROLE",
      description = "user, service or admin.")
  private String role = "";

  @Option(
      names = "--user",
      paramLabel = "USER",
      description = "Whose account the calls go on; not needed for an admin key.")
  private @Nullable String user;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "What people call it; default: the role and the user.")
  private @Nullable String name;

  @Option(names = "--team", paramLabel = "TEAM", description = "The team it belongs to.")
  private @Nullable String team;

  @Option(
      names = "--function",
      paramLabel = "NAME",
      split = ",",
      description = "A function it may call; may be repeated. Default: all.")
  private List<String> functions = new ArrayList<>();

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      split = ",",
      description = "A model it may ask for; may be repeated. Default: all.")
  private List<String> models = new ArrayList<>();

  @Option(
      names = "--address",
      paramLabel = "CIDR",
      split = ",",
      description =
          "Where its calls may come from, e.g. 10.0.0.0/8; may be repeated. Default: anywhere.")
  private List<String> addresses = new ArrayList<>();

  @Option(
      names = "--expires-in",
      paramLabel = "TIME",
      description = "How long it is good for: 90d, 12h, 30m. Default: until it is revoked.")
  private @Nullable String expiresIn;

  @Option(
      names = "--new-users-per-hour",
      paramLabel = "N",
      description = "How many unseen users a service key may bring in an hour. Default: 1000.")
  private @Nullable Integer newUsers;

  @Option(
      names = "--cache",
      description =
          "Its chat completions use the response cache unless a call says otherwise. Default: only"
              + " calls that ask for it do.")
  private boolean cache;

  @Option(names = "--json", description = "Prints the whole record as JSON.")
  private boolean json;

  @Mixin private final KeyAccess access;

  @Spec private CommandSpec spec = CommandSpec.create();

  KeyCreateCommand(World world) {
    this.access = new KeyAccess(world);
  }

  @Override
  public Integer call() {
    if (user == null && !role.equals("admin")) {
      throw new picocli.CommandLine.ParameterException(
          spec.commandLine(), "A " + role + " key needs --user: whose account its calls go on.");
    }
    var issued = access.with(keys -> keys.create(wish()));
    KeyPrinter.issued(issued, json, spec.commandLine().getOut(), spec.commandLine().getErr());
    return ExitCode.OK;
  }

  private ObjectNode wish() {
    var wish = Json.object().put("role", role).put("name", name == null ? standardName() : name);
    put(wish, "user", user);
    put(wish, "team", team);
    put(wish, "expires_in", expiresIn);
    if (newUsers != null) {
      wish.put("new_users_per_hour", newUsers);
    }
    if (cache) {
      wish.put("cache", true);
    }
    putAll(wish, "functions", functions);
    putAll(wish, "models", models);
    putAll(wish, "addresses", addresses);
    return wish;
  }

  private String standardName() {
    return role + " key" + (user == null ? "" : " of " + user);
  }

  private static void put(ObjectNode wish, String field, @Nullable String value) {
    if (value != null) {
      wish.put(field, value);
    }
  }

  private static void putAll(ObjectNode wish, String field, List<String> values) {
    if (!values.isEmpty()) {
      var array = wish.putArray(field);
      values.forEach(value -> array.add(value.strip()));
    }
  }
}
