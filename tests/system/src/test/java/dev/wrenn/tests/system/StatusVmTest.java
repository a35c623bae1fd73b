package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// What `status` and `doctor` say about a machine and what runs on it.
@ExtendWith(Shared.class)
class StatusVmTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Installation wrenn;

    StatusVmTest(Installation wrenn) {
        this.wrenn = wrenn;
    }

    @Test
    void statusNamesEveryPart() {
        var status = wrenn.run(LIMIT, "status", "--json").json();
        assertThat(status.path("ready").asBoolean(false)).isTrue();
        for (var part :
                new String[] {"supervisor", "postgres", "redis", "control", "pager", "agent"}) {
            var one = status.path("parts").path(part);
            assertThat(one.path("state").asString()).as(part).isEqualTo("up");
            assertThat(new Proc(one.path("pid").asLong(0)).alive()).as(part).isTrue();
        }
    }

    /// Emulation is never silent: whoever is slower than need be is told why.
    @Test
    void whyThereIsNoKvmIsSaidInWords() {
        var host = wrenn.run(LIMIT, "status", "--json").json().path("host");
        var used = host.path("acceleration").asString();
        assertThat(used).isIn("kvm", "tcg");
        if (used.equals("tcg")) {
            assertThat(host.path("acceleration_reason").asString()).containsIgnoringCase("kvm");
        }
        var doctor = wrenn.run(LIMIT, "doctor").text();
        assertThat(doctor).containsPattern("acceleration +" + used).contains("KVM");
    }

    @Test
    void statusOfAnInstallationThatIsDownFails() {
        var other = Installation.create();
        try {
            var status = other.run(LIMIT, "status");
            assertThat(status.exit()).isEqualTo(1);
            assertThat(status.text() + status.err()).contains("down");
        } finally {
            other.close();
        }
    }
}
