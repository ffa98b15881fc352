package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.pgclient.SslMode;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseUrlTest {
  @Test
  void readsAllParts() {
    var url =
        DatabaseUrl.parse(
            "postgres://weir:s%3Acret%2F+%40@db.example:6432/prod?sslmode=require&pooler=transaction");

    assertThat(url)
        .isEqualTo(
            new DatabaseUrl(
                "db.example",
                6432,
                "prod",
                "weir",
                "s:cret/+@",
                Map.of("sslmode", "require", "pooler", "transaction")));
    assertThat(url.pooled()).isTrue();
  }

  @Test
  void fillsInWhatIsUsual() {
    var url = DatabaseUrl.parse("postgresql://weir@[::1]");

    assertThat(url).isEqualTo(new DatabaseUrl("::1", 5432, "weir", "weir", "", Map.of()));
    assertThat(url.jdbcUrl()).isEqualTo("jdbc:postgresql://[::1]:5432/weir");
    assertThat(url.connectOptions().getSslMode()).isEqualTo(SslMode.PREFER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "postgres://u:p%20%25%26%3F%2B@h:1/d%20b?application_name=a%26b&sslmode=disable",
        "postgres://u:@[2001:db8::1]:5432/d"
      })
  void isWrittenAsItIsRead(String text) {
    var url = DatabaseUrl.parse(text);

    assertThat(DatabaseUrl.parse(url.withPassword())).isEqualTo(url);
  }

  @Test
  void neverShowsThePassword() {
    var url = DatabaseUrl.parse("postgres://weir:hidden@h/d");

    assertThat(url.toString()).isEqualTo("postgres://weir@h:5432/d");
    assertThatThrownBy(() -> DatabaseUrl.parse("postgres://weir:hid den@h/d"))
        .isInstanceOf(StorageException.class)
        .hasMessageNotContaining("hid")
        .hasMessageContaining("percent-encode");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mysql://u:p@h/d                            | must begin with postgres://
          jdbc:postgresql://h/d                      | must begin with postgres://
          postgres://h/d                             | names no user
          postgres://u:p@/d                          | names no host
          postgres://u:p@h/d?sslmod=require          | sslmod is not known
          postgres://u:p@h/d?sslmode=on              | it can be disable
          postgres://u:p@h/d?sslmode=verify-full     | needs sslrootcert
          postgres://u:p@h/d?pooler=session          | can only be transaction
          ''                                         | must begin with postgres://
          """)
  void saysWhatIsWrong(String text, String message) {
    assertThatThrownBy(() -> DatabaseUrl.parse(text))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(message);
  }

  @Test
  void checksTheServersNameOnlyInVerifyFull() {
    var full =
        DatabaseUrl.parse("postgres://u@h/d?sslmode=verify-full&sslrootcert=ca.pem")
            .connectOptions();
    var ca =
        DatabaseUrl.parse("postgres://u@h/d?sslmode=verify-ca&sslrootcert=ca.pem").connectOptions();

    assertThat(full.getSslOptions().getHostnameVerificationAlgorithm()).isEqualTo("HTTPS");
    assertThat(full.getSslOptions().isTrustAll()).isFalse();
    assertThat(ca.getSslOptions().getHostnameVerificationAlgorithm()).isEmpty();
    assertThat(ca.getSslOptions().isTrustAll()).isFalse();
  }
}
