package dev.wrenn.control.outgoing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The samples of `docs/receivers` tell a genuine delivery from all others, by the worked example
/// of the signature.
class ReceiverSamplesTest {
    private static final String SECRET =
            "3f1c9a5be27d04886b1f0e7ac2d4951736e8b0cfa1d25e94738b6c0d1f2a3e45";
    private static final String SIGNATURE =
            "sha256=7997cb3c62f642afe698e3a2729ab1a1139564b5ff9446ffff6ece1b111f5c56";
    private static final String TIMESTAMP = "2026-05-02T10:15:30Z";
    private static final String BODY =
            "{\"event\":\"capsule.created\",\"timestamp\":\"2026-05-02T10:15:29Z\",\"team_id\":"
                    + "\"team-51a37iakuf5nuuphr0fx89og0\",\"actor\":{\"type\":\"user\",\"id\":"
                    + "\"usr-6dfzh5ik5uxynzmlf5cshamdk\",\"name\":\"Ada\"},\"resource\":{\"id\":"
                    + "\"cl-eh20m2rvgvw6snhr754ezwsqh\",\"type\":\"sandbox\"}}";
    private static final String ANY_AGE = "9999999999";
    private static final int LIMIT_SECONDS = 60;

    private static String run(String sample, String... input) throws Exception {
        var folder = Path.of(System.getProperty("wrenn.root", "../.."), "docs/receivers");
        var command = new ArrayList<>(List.of(interpreter(sample)));
        command.add(folder.resolve(sample).toString());
        command.addAll(List.of(input).subList(1, input.length));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("WRENN_WEBHOOK_SECRET", SECRET);
        var process = builder.start();
        try (var to = process.getOutputStream()) {
            to.write(input[0].getBytes(StandardCharsets.UTF_8));
        }
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isEqualTo(said.equals("genuine\n") ? 0 : 1);
        return said;
    }

    private static String interpreter(String sample) {
        if (sample.endsWith(".java"))
            return Path.of(System.getProperty("java.home"), "bin/java").toString();
        var program = sample.endsWith(".py") ? "python3" : "perl";
        for (var folder : System.getenv("PATH").split(":")) {
            var file = Path.of(folder, program);
            if (Files.isExecutable(file)) return file.toString();
        }
        assumeThat(false).as(program + " is not installed").isTrue();
        throw new AssertionError();
    }

    @ParameterizedTest
    @ValueSource(strings = {"verify.py", "verify.pl", "Verify.java"})
    void onlyTheGenuineIsTaken(String sample) throws Exception {
        assertThat(run(sample, BODY, SIGNATURE, TIMESTAMP, ANY_AGE)).isEqualTo("genuine\n");
        assertThat(run(sample, BODY + " ", SIGNATURE, TIMESTAMP, ANY_AGE)).isEqualTo("refused\n");
        var later = TIMESTAMP.replace("10:15", "10:16");
        assertThat(run(sample, BODY, SIGNATURE, later, ANY_AGE)).isEqualTo("refused\n");
        var other = SIGNATURE.replace('9', '8');
        assertThat(run(sample, BODY, other, TIMESTAMP, ANY_AGE)).isEqualTo("refused\n");
        assertThat(run(sample, BODY, SIGNATURE, TIMESTAMP, "300"))
                .as("an old one")
                .isEqualTo("refused\n");
    }
}
