package dev.wrenn.control.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.Secret;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DatabaseUrlTest {
    @Test
    void allFormsMeanTheSame() {
        for (var text :
                new String[] {
                    "postgres://ann:p%40ss@db:5433/wrenn?sslmode=require",
                    "postgresql://ann:p%40ss@db:5433/wrenn?sslmode=require",
                    "jdbc:postgresql://db:5433/wrenn?user=ann&password=p%40ss&sslmode=require"
                }) {
            var url = DatabaseUrl.parse(text, Optional.empty());
            assertThat(url.jdbcUrl()).isEqualTo("jdbc:postgresql://db:5433/wrenn?sslmode=require");
            assertThat(url.user()).hasValue("ann");
            assertThat(url.password().orElseThrow().reveal()).isEqualTo("p@ss");
            assertThat(url.toString()).doesNotContain("p@ss").doesNotContain("p%40ss");
        }
    }

    @Test
    void aPasswordGivenApartWins() {
        var url = DatabaseUrl.parse("postgres://a:b@h/d", Optional.of(new Secret("c")));
        assertThat(url.password().orElseThrow().reveal()).isEqualTo("c");
        assertThat(url.jdbcUrl()).isEqualTo("jdbc:postgresql://h:5432/d");
    }

    @Test
    void anythingElseIsRefusedWithoutRepeatingIt() {
        for (var bad :
                new String[] {"", "mysql://h/d", "postgres://h", "postgres:///d", "::secret"})
            assertThatThrownBy(() -> DatabaseUrl.parse(bad, Optional.empty()))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("DATABASE_URL")
                    .hasMessageNotContaining("secret");
    }
}
