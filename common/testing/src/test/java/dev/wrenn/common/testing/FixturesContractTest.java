package dev.wrenn.common.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class FixturesContractTest {
    @RegisterExtension static final PostgresFixture PG = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    @Test
    void givesAnEmptyDatabaseOfItsOwn() throws Exception {
        try (var connection = PG.connect();
                var statement = connection.createStatement();
                var rows =
                        statement.executeQuery(
                                "select current_database(), current_setting('fsync'),"
                                        + " count(*) from pg_tables where schemaname = 'public'")) {
            rows.next();
            assertThat(rows.getString(1)).isEqualTo(PG.database());
            assertThat(rows.getString(2)).isEqualTo("off");
            assertThat(rows.getInt(3)).isZero();
        }
    }

    @Test
    void redisAnswers() throws Exception {
        REDIS.flush();
        assertThat(REDIS.uri().getPort()).isEqualTo(REDIS.port()).isPositive();
    }
}
