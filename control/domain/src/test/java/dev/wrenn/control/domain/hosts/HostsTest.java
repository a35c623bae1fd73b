package dev.wrenn.control.domain.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TemplateId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class HostsTest {
    private static final CapsuleSpec SPEC =
            new CapsuleSpec(1, MemorySize.ofMib(512), CapsuleSpec.DEFAULT_DISK, Duration.ZERO);

    private static HostReport report(boolean ready, long memory, long reserved) {
        return new HostReport(
                ready,
                ready ? "" : "no image",
                4,
                MemorySize.ofMib(memory),
                MemorySize.ofMib(reserved),
                MemorySize.ofMib(1),
                0,
                Set.of(TemplateId.MINIMAL));
    }

    private static HostView view(boolean reachable, HostReport report) {
        return new HostView(
                new Host(HostId.random(), "h:1"), reachable, Optional.ofNullable(report));
    }

    @Test
    void theReadyHostWithMostFreeMemoryIsPicked() {
        var best = view(true, report(true, 4096, 1024));
        var others =
                List.of(
                        view(true, report(true, 8192, 6000)),
                        best,
                        view(false, report(true, 99_999, 0)),
                        view(true, report(false, 99_999, 0)),
                        view(true, null));
        assertThat(new MostFreeMemory().pick(others, SPEC)).hasValue(best.host().id());
    }

    @Test
    void aFullHostIsAskedOneThatIsTooSmallIsNot() {
        var full = view(true, report(true, 1024, 1024));
        assertThat(new MostFreeMemory().pick(List.of(full), SPEC)).isPresent();
        assertThat(new MostFreeMemory().pick(List.of(view(true, report(true, 256, 0))), SPEC))
                .isEmpty();
        assertThat(new MostFreeMemory().pick(List.of(), SPEC)).isEmpty();
    }

    @Test
    void aHostHasTheTemplatesItReports() {
        assertThat(view(true, report(true, 1, 0)).has(TemplateId.MINIMAL)).isTrue();
        assertThat(view(true, report(true, 1, 0)).has(TemplateId.random())).isFalse();
        assertThat(view(true, null).has(TemplateId.MINIMAL)).isFalse();
    }

    @Test
    void silenceMakesAHostUnreachable() {
        var now = new AtomicReference<>(Instant.EPOCH);
        var directory = new HostDirectory(now::get);
        var host = new Host(HostId.random(), "h:1");
        directory.put(host, null);
        assertThat(directory.view(host.id()).orElseThrow().notReadyReason())
                .isEqualTo("not reachable");
        directory.heard(host.id());
        assertThat(directory.view(host.id()).orElseThrow().ready()).isFalse();
        directory.report(host.id(), report(true, 1, 0));
        assertThat(directory.view(host.id()).orElseThrow().ready()).isTrue();
        now.set(now.get().plus(HostDirectory.SILENCE));
        assertThat(directory.view(host.id()).orElseThrow().ready()).isTrue();
        now.set(now.get().plusMillis(1));
        assertThat(directory.view(host.id()).orElseThrow().reachable()).isFalse();
        directory.remove(host.id());
        assertThat(directory.all()).isEmpty();
    }
}
