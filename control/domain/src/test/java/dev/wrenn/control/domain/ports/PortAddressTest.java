package dev.wrenn.control.domain.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PortAddressTest {
    private static final int ROUNDS = 20_000;
    private static final String SIGNS = "0123456789-.clzAZ:[]%/ ";

    @Test
    void everyPortOfEveryCapsuleIsFound() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < ROUNDS; i++) {
            var id = CapsuleId.random();
            int port = 1 + random.nextInt(PortAddress.HIGHEST_PORT);
            var host = port + "-" + id + (i % 2 == 0 ? ".localhost" : ".app.wrenn.dev.");
            if (i % 3 == 0) host = host.toUpperCase(Locale.ROOT);
            var at = new PortAddress.At(port, id);
            assertThat(PortAddress.of(host)).as("%s, seed %d", host, seed).isEqualTo(at);
            assertThat(PortAddress.of(at.label() + ".x")).isEqualTo(at);
        }
    }

    @Test
    void noTextIsTooOdd() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < ROUNDS; i++) {
            var text = new StringBuilder();
            for (int length = random.nextInt(60); length > 0; length--)
                text.append(
                        random.nextInt(8) == 0
                                ? (char) random.nextInt(0x3000)
                                : SIGNS.charAt(random.nextInt(SIGNS.length())));
            if (PortAddress.of(text.toString()) instanceof PortAddress.At(var port, var id))
                assertThat(text.toString().toLowerCase(Locale.ROOT))
                        .as("seed %d", seed)
                        .startsWith(port + "-" + id + ".");
        }
    }

    @Test
    void portsHaveBounds() {
        var rest = "-" + CapsuleId.random() + ".x";
        for (var port : new String[] {"0", "00", "080", "65536", "99999", "123456", "9".repeat(40)})
            assertThat(PortAddress.of(port + rest)).isEqualTo(new PortAddress.BadPort());
        for (var port : new String[] {"1", "80", "65535"})
            assertThat(PortAddress.of(port + rest)).isInstanceOf(PortAddress.At.class);
    }

    @Test
    void idsHaveTheirForm() {
        for (var id : new String[] {"cl-1", "cl-" + "z".repeat(25), "cl-" + "0".repeat(26)})
            assertThat(PortAddress.of("80-" + id + ".x")).isEqualTo(new PortAddress.BadCapsule());
    }

    @Test
    void otherNamesAreOfTheApi() {
        var id = CapsuleId.random();
        for (var host :
                new String[] {
                    "",
                    "localhost",
                    "127.0.0.1",
                    "[::1]",
                    id + ".x",
                    "-" + id + ".x",
                    "80-" + id,
                    "x.80-" + id + ".x",
                    "80-" + id + ":1",
                    "80--" + id + ".x",
                    "\u0661-" + id + ".x"
                }) assertThat(PortAddress.of(host)).as(host).isEqualTo(new PortAddress.None());
    }
}
