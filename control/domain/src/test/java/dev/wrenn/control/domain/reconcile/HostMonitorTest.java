package dev.wrenn.control.domain.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.capsules.CapsuleStore;
import dev.wrenn.control.domain.capsules.Transitions;
import dev.wrenn.control.domain.fleet.FleetStore;
import dev.wrenn.control.domain.hosts.HostDirectory;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Who was not there himself blames no host. With a clock that only the test moves.
class HostMonitorTest {
    private static final Duration SILENCE = Duration.ofSeconds(60);

    private final AtomicLong now = new AtomicLong();
    private boolean database = true;
    private int marked;
    private final CapsuleStore rows =
            fake(
                    CapsuleStore.class,
                    (_, method, _) -> {
                        assertThat(method.getName()).isEqualTo("stranded");
                        return List.of();
                    });
    private final HostMonitor monitor =
            new HostMonitor(
                    fake(FleetStore.class, this::fleet),
                    rows,
                    new Transitions(rows, _ -> {}),
                    new HostDirectory(InstantSource.system()),
                    SILENCE,
                    now::get);

    private Object fleet(Object self, java.lang.reflect.Method method, Object[] arguments) {
        switch (method.getName()) {
            case "heard" -> {
                if (!database) throw new StoreUnavailableException(new Exception("away"));
                return null;
            }
            case "markSilent" -> {
                marked++;
                return List.of();
            }
            default -> throw new AssertionError(method);
        }
    }

    private static <T> T fake(Class<T> port, InvocationHandler handler) {
        return port.cast(
                Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, handler));
    }

    /// As in the service: hosts are listened to, and each time it is looked who was silent.
    private void goOn(Duration time) {
        for (long end = now.get() + time.toNanos(); now.get() < end; ) {
            now.addAndGet(monitor.listening().toNanos());
            monitor.listen();
            monitor.tick();
        }
    }

    @Test
    void aYoungOneWaitsForHalfTheSilence() {
        goOn(SILENCE.dividedBy(3));
        assertThat(marked).isZero();
        goOn(SILENCE.dividedBy(3));
        assertThat(marked).isPositive();
        int before = marked;
        goOn(SILENCE.multipliedBy(3));
        assertThat(marked).as("each time").isEqualTo(before + 18);
    }

    @Test
    void oneThatStoodStillWaitsAgain() {
        goOn(SILENCE);
        marked = 0;
        now.addAndGet(SILENCE.multipliedBy(2).toNanos());
        monitor.tick();
        assertThat(marked).as("before it has listened").isZero();
        goOn(SILENCE.dividedBy(3));
        assertThat(marked).isZero();
        goOn(SILENCE.dividedBy(3));
        assertThat(marked).isPositive();
    }

    @Test
    void oneThatCouldNoteNothingWaitsAgain() {
        goOn(SILENCE);
        marked = 0;
        database = false;
        for (int i = 0; i < 12; i++) {
            now.addAndGet(monitor.listening().toNanos());
            assertThatThrownBy(monitor::listen).isInstanceOf(StoreUnavailableException.class);
        }
        database = true;
        monitor.tick();
        assertThat(marked).isZero();
        goOn(SILENCE.dividedBy(3));
        assertThat(marked).isZero();
        goOn(SILENCE.dividedBy(3));
        assertThat(marked).isPositive();
    }

    @Test
    void aRoundThatIsLateIsNoGap() {
        goOn(SILENCE);
        marked = 0;
        now.addAndGet(SILENCE.dividedBy(3).toNanos());
        monitor.tick();
        assertThat(marked).isEqualTo(1);
    }
}
