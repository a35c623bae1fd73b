package dev.wrenn.control.store;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.images.SavedImages;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Images of capsules in PostgreSQL. A trigger on capsules notes what their changes mean for them.
public final class PgSavedImages implements SavedImages {
    /// Index capsule_images_unsettled.
    private static final String DUE =
            "select "
                    + CapsuleRows.COLUMNS
                    + """
                      from capsule_images join capsules on id = capsule_id
                     where state = 'due' and status = 'paused' and host_id = any(:hosts)
                       and changed_at <= clock_timestamp() - make_interval(secs => :age)
                     order by changed_at limit :limit
                    """;

    private static final String LATER =
            """
            update capsule_images set changed_at = clock_timestamp() + interval '30 seconds'
             where capsule_id = :id and state = 'due'
            """;

    private static final String PUBLISHED =
            """
            update capsule_images
               set state = 'published', manifest = :manifest, bytes = :bytes, held_by = :host,
                   changed_at = clock_timestamp()
             where capsule_id = :id and state = 'due'
               and exists (select 1 from capsules
                            where id = :id and version = :version and status = 'paused')
            """;

    private static final String CURRENT =
            "select manifest from capsule_images where capsule_id = :id and state = 'published'";

    private static final String HELD =
            "update capsule_images set held_by = :host where capsule_id = :id";

    private static final String DOUBT =
            """
            update capsule_images set state = 'due', changed_at = clock_timestamp()
             where capsule_id = :id and state = 'published' and held_by = :host
            """;

    /// Index capsule_images_unsettled.
    private static final String DOOMED =
            """
            select capsule_id from capsule_images
             where state = 'doomed' order by changed_at limit :limit
            """;

    private static final String FORGET =
            "delete from capsule_images where capsule_id = :id and state = 'doomed'";

    private final Database db;

    public PgSavedImages(Database db) {
        this.db = db;
    }

    @Override
    public List<CapsuleRow> due(Collection<HostId> hosts, Duration age, int limit) {
        var ids = hosts.stream().map(HostId::value).toArray(UUID[]::new);
        return db.with(h ->
                h.createQuery(DUE)
                        .bind("hosts", ids)
                        .bind("age", age.toMillis() / 1000.0)
                        .bind("limit", limit)
                        .map(new CapsuleRows())
                        .list());
    }

    @Override
    public void later(CapsuleId id) {
        db.with(h -> h.createUpdate(LATER).bind("id", id.value()).execute());
    }

    @Override
    public boolean published(CapsuleRow row, String manifest, long bytes) {
        return db.with(h ->
                h.createUpdate(PUBLISHED)
                                .bind("id", row.id().value())
                                .bind("version", row.version())
                                .bind("host", row.host().value())
                                .bind("manifest", manifest)
                                .bind("bytes", bytes)
                                .execute()
                        == 1);
    }

    @Override
    public Optional<String> current(CapsuleId id) {
        return db.with(
                h -> h.createQuery(CURRENT).bind("id", id.value()).mapTo(String.class).findOne());
    }

    @Override
    public void heldBy(CapsuleId id, Optional<HostId> host) {
        db.with(h ->
                h.createUpdate(HELD)
                        .bind("id", id.value())
                        .bind("host", host.map(HostId::value).orElse(null))
                        .execute());
    }

    @Override
    public void doubt(CapsuleId id, HostId host) {
        db.with(h ->
                h.createUpdate(DOUBT).bind("id", id.value()).bind("host", host.value()).execute());
    }

    @Override
    public List<CapsuleId> doomed(int limit) {
        return db.with(h ->
                h.createQuery(DOOMED)
                        .bind("limit", limit)
                        .mapTo(UUID.class)
                        .map(CapsuleId::new)
                        .list());
    }

    @Override
    public void forget(CapsuleId id) {
        db.with(h -> h.createUpdate(FORGET).bind("id", id.value()).execute());
    }
}
