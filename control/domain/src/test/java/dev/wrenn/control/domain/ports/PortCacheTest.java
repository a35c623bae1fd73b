package dev.wrenn.control.domain.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PortCacheTest {
    private static final CapsuleId ID = CapsuleId.random();
    private static final PortSettings PRIVATE = new PortSettings(PortAccess.PRIVATE, false);

    private final Rows rows = new Rows();
    private final AtomicLong clock = new AtomicLong();
    private final PortCache cache = new PortCache(rows, clock::get);

    /// One row, and how often it was asked for.
    private static final class Rows implements PortStore {
        private PortRow row = row(PortSettings.DEFAULT);
        private int asked;
        private Runnable meanwhile = () -> {};

        private static PortRow row(PortSettings settings) {
            return new PortRow(
                    ID,
                    TeamId.random(),
                    HostId.random(),
                    new CapsuleState.Running(),
                    settings,
                    new PortToken(new byte[32]));
        }

        @Override
        public Optional<PortRow> find(CapsuleId id) {
            asked++;
            var found = row;
            meanwhile.run();
            return id.equals(ID) ? Optional.of(found) : Optional.empty();
        }

        @Override
        public Optional<PortRow> configure(CapsuleId id, PortSettings settings) {
            row = row(settings);
            return Optional.of(row);
        }
    }

    @Test
    void aRowIsRememberedForASecondOrTwo() {
        cache.hears(true);
        assertThat(cache.remembered(ID)).isEmpty();
        assertThat(cache.find(ID)).hasValue(rows.row);
        assertThat(cache.find(ID)).hasValue(rows.row);
        assertThat(cache.remembered(ID)).hasValue(rows.row);
        assertThat(rows.asked).isEqualTo(1);
        clock.set(TimeUnit.SECONDS.toNanos(2) + 1);
        assertThat(cache.remembered(ID)).isEmpty();
        assertThat(cache.find(ID)).hasValue(rows.row);
        assertThat(rows.asked).isEqualTo(2);
    }

    @Test
    void whatIsChangedIsLookedForAgain() {
        var told = new ArrayList<CapsuleId>();
        cache.onChange(told::add);
        cache.hears(true);
        cache.find(ID);
        cache.configure(ID, PRIVATE);
        assertThat(cache.find(ID).map(PortRow::settings)).hasValue(PRIVATE);
        rows.row = Rows.row(PortSettings.DEFAULT);
        cache.changed(ID);
        assertThat(cache.find(ID).map(PortRow::settings)).hasValue(PortSettings.DEFAULT);
        cache.forget(ID);
        cache.find(ID);
        assertThat(rows.asked).isEqualTo(4);
        assertThat(told).containsExactly(ID, ID);
    }

    @Test
    void aRowThatChangesWhileItIsReadIsNotRemembered() {
        cache.hears(true);
        rows.meanwhile = () -> cache.changed(ID);
        cache.find(ID);
        assertThat(cache.remembered(ID)).isEmpty();
    }

    @Test
    void nothingIsRememberedWhileNobodyListens() {
        cache.find(ID);
        assertThat(cache.remembered(ID)).isEmpty();
        cache.hears(true);
        cache.find(ID);
        assertThat(cache.remembered(ID)).isPresent();
        cache.hears(false);
        assertThat(cache.remembered(ID)).isEmpty();
        cache.find(CapsuleId.random());
        assertThat(rows.asked).isEqualTo(3);
    }
}
