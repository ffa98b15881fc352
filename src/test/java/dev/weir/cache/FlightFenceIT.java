package dev.weir.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestDatabase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What an overtaken leader stores is refused, whatever became of its flight's row meanwhile. */
@ExtendWith(TestDatabase.Extension.class)
class FlightFenceIT {
  private static final String KEY = "a".repeat(64);

  private static long begin(TestDatabase database) {
    return database.count(
        "SELECT lead FROM weir_flight_begin(?, 'ada', gen_random_uuid(), 60)", KEY);
  }

  private static boolean store(TestDatabase database, long flight) {
    return (boolean)
        database.value(
            "SELECT weir_cache_store(?, 'ada', 'f', '1', '', '', '', '', '\\x00', NULL, 0, 0, 60,"
                + " 0, '{9,9,9,9,9}', NULL, NULL, ?)",
            KEY,
            flight);
  }

  @Test
  void aFlightWhoseRowWasCleanedAwayNeverHasTheNumberOfAnEarlierOne(TestDatabase database) {
    var overtaken = begin(database);
    database.execute("DELETE FROM cache_flights");
    var leads = begin(database);

    assertThat(leads).isGreaterThan(overtaken);
    assertThat(store(database, overtaken)).as("of the overtaken one").isFalse();
    assertThat(store(database, leads)).as("of the one that leads").isTrue();
    assertThat(begin(database)).as("the next one's").isGreaterThan(leads);
  }
}
