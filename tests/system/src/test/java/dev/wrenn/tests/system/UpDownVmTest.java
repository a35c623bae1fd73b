package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/// `up` and `down` on an installation of its own, beside the shared one.
class UpDownVmTest {
    private static final Duration SECOND_UP = Duration.ofSeconds(10);

    @Test
    void aSecondUpIsQuickAndDownLeavesNothing() {
        try (var wrenn = Installation.start()) {
            var kept = wrenn.credentials();
            var id = wrenn.api().create();
            var slots = wrenn.footprint().slots();
            assertThat(Footprint.networkOf(slots)).isNotEmpty();

            wrenn.down();
            assertThat(wrenn.footprint().processes()).extracting(Proc::command).isEmpty();
            assertThat(wrenn.footprint().slots()).isEmpty();

            long start = System.nanoTime();
            wrenn.up(Installation.UP);
            var took = Duration.ofNanos(System.nanoTime() - start);
            assertThat(wrenn.part("control").nice("C2 CompilerThre"))
                    .as("compilers give way to requests")
                    .isNotEmpty()
                    .containsOnly(10);
            assertThat(took).as("second up").isLessThanOrEqualTo(SECOND_UP);
            // Same address, same key; the capsule that down ended says so.
            assertThat(wrenn.credentials()).isEqualTo(kept);
            assertThat(wrenn.api().status(id)).isEqualTo("stopped");
            assertThat(wrenn.api().output(wrenn.api().create(), "echo again")).isEqualTo("again\n");
        } // which looks for leftovers, with a capsule still running before `down`
    }

    @Test
    void upRepairsWhatWasKilledWithItsSupervisor() {
        try (var wrenn = Installation.start()) {
            var id = wrenn.api().create();
            // Everything but the capsule dies at once, the supervisor first: nobody restarts it.
            var vmm = wrenn.vmm(id);
            wrenn.part("supervisor").kill();
            for (var process : wrenn.footprint().processes()) {
                if (process.pid() != vmm.pid() && process.alive()) process.kill();
            }
            wrenn.up(Installation.UP);
            assertThat(wrenn.api().output(wrenn.api().create(), "echo up")).isEqualTo("up\n");
            assertThat(wrenn.api().output(id, "echo old")).isEqualTo("old\n");
        }
    }
}
