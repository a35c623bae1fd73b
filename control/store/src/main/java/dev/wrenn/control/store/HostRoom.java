package dev.wrenn.control.store;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.hosts.Reserved;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// What hosts have promised, within somebody's transaction.
final class HostRoom {
    static final String COLUMNS = "reserved_memory_mb, reserved_vcpus, reserved_disk_mb";

    private static final String LOCK =
            "select "
                    + COLUMNS
                    + " from hosts where id = :host and status <> 'pending' and not draining"
                    + " and deleted_at is null"
                    + " for no key update";

    private static final String LOCK_BOTH =
            "select id from hosts where id in (:one, :other) order by id for no key update";

    private HostRoom() {}

    /// Whoever places a capsule on a host locks it first, so that two that are placed at once are
    /// two one after the other.
    ///
    /// @return false when it has no room or takes no more
    static boolean lock(Handle h, HostId host, Capacity capacity, CapsuleSpec spec) {
        return h.createQuery(LOCK)
                .bind("host", host.value())
                .map((rs, _) -> reserved(rs))
                .findOne()
                .filter(promised -> capacity.fits(promised, spec))
                .isPresent();
    }

    /// Moving a capsule changes what two hosts have promised: whoever moves one the other way must
    /// not wait for us while we wait for them.
    static void lockBoth(Handle h, HostId one, HostId other) {
        h.createQuery(LOCK_BOTH)
                .bind("one", one.value())
                .bind("other", other.value())
                .mapTo(UUID.class)
                .list();
    }

    static Reserved reserved(ResultSet rs) throws SQLException {
        return new Reserved(
                rs.getLong("reserved_memory_mb"),
                rs.getLong("reserved_vcpus"),
                rs.getLong("reserved_disk_mb"));
    }
}
