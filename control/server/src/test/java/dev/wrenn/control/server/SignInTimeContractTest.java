package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Nobody learns from the time an answer takes whether an account exists.
class SignInTimeContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final int TRIES = Integer.getInteger("wrenn.timing.tries", 60);
    private static final int WARM_UP = 10;
    private static final double MOST_APART = 0.05;

    /// What the machine does beside may part two medians once; a difference of the program's own
    /// parts them each time.
    private static final int ROUNDS = 4;

    @Test
    void knownAndUnknownAddressesTakeAsLong() throws Exception {
        try (var stack = new Stack(POSTGRES, REDIS);
                var control = stack.control()) {
            var anyone = stack.probe(control).with(Map.of());
            double apart = 1;
            for (int round = 0; round < ROUNDS && apart > MOST_APART; round++) {
                var known = new long[TRIES];
                var unknown = new long[TRIES];
                for (int i = -WARM_UP; i < TRIES; i++) {
                    // A new address of each kind for each try: none is locked out.
                    var name = round + "-" + Math.floorMod(i, TRIES + WARM_UP);
                    if (i == -WARM_UP && round == 0) prepare(stack);
                    long there = time(anyone, "known-" + name + "@example.org");
                    long none = time(anyone, "nobody-" + name + "@example.org");
                    if (i < 0) continue;
                    known[i] = there;
                    unknown[i] = none;
                }
                apart = Math.abs(median(known) / median(unknown) - 1);
            }
            assertThat(apart).isLessThanOrEqualTo(MOST_APART);
        }
    }

    /// Accounts with the password of the first one, written straight to the database.
    private static void prepare(Stack stack) throws Exception {
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement()) {
            int made =
                    statement.executeUpdate(
                            """
                            insert into users (id, email, name, status, password_hash)
                            select gen_random_uuid(), 'known-' || r || '-' || i || '@example.org',
                                   'K', u.status, u.password_hash
                              from users u, generate_series(0, %d) r, generate_series(0, %d) i
                             where u.email = '%s'
                            """
                                    .formatted(ROUNDS, TRIES + WARM_UP, stack.email));
            assertThat(made).isPositive();
        }
    }

    private static long time(ApiProbe anyone, String email) {
        var body = Person.body("email", email, "password", "certainly wrong");
        long start = System.nanoTime();
        var answer = anyone.post("/v1/auth/login", body);
        long took = System.nanoTime() - start;
        assertThat(answer.status()).as(answer.text()).isEqualTo(401);
        return took;
    }

    private static double median(long[] times) {
        Arrays.sort(times);
        return times[times.length / 2];
    }
}
