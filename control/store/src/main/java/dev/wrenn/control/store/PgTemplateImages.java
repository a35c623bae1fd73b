package dev.wrenn.control.store;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.hosts.ImageName;
import dev.wrenn.control.domain.images.TemplateImages;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Images of templates in PostgreSQL.
public final class PgTemplateImages implements TemplateImages {
    /// Index templates_unpublished.
    private static final String DUE =
            """
            select id, team_id, host_id from templates
             where state = 'ready' and image_manifest is null and host_id = any(:hosts)
               and image_tried_at <= clock_timestamp() - make_interval(secs => :age)
             order by image_tried_at limit :limit
            """;

    private static final String LATER =
            """
            update templates set image_tried_at = clock_timestamp() + interval '30 seconds'
             where id = :id
            """;

    private static final String PUBLISHED =
            "update templates set image_manifest = :manifest where id = :id and state = 'ready'";

    private static final String CURRENT =
            """
            select image_manifest from templates
             where id = :id and state = 'ready' and image_manifest is not null
            """;

    /// Whoever deletes the template waits for this, and then finds the copy.
    private static final String COPYING =
            """
            insert into template_copies (template_id, host_id)
            select id, :host from templates where id = :id and state = 'ready' for share
            on conflict (template_id, host_id) do update set host_id = excluded.host_id
            """;

    private static final String GRANTED =
            """
            select t.team_id, t.image_manifest
              from template_copies c
              join templates t on t.id = c.template_id
              join hosts h on h.id = c.host_id
              join host_refresh_tokens r on r.host_id = h.id
             where c.template_id = :id and c.host_id = :host and r.id = :token
               and t.state in ('ready', 'deleting') and t.image_manifest is not null
               and h.deleted_at is null and r.revoked_at is null
            """;

    private static final String COPIES =
            """
            select c.host_id from template_copies c join hosts h on h.id = c.host_id
             where c.template_id = :id and h.deleted_at is null
            """;

    private static final String REMOVED =
            "delete from template_copies where template_id = :id and host_id = :host";

    private final Database db;

    public PgTemplateImages(Database db) {
        this.db = db;
    }

    @Override
    public List<Due> due(Collection<HostId> hosts, Duration age, int limit) {
        var ids = hosts.stream().map(HostId::value).toArray(UUID[]::new);
        return db.with(h ->
                h.createQuery(DUE)
                        .bind("hosts", ids)
                        .bind("age", age.toMillis() / 1000.0)
                        .bind("limit", limit)
                        .map((rs, _) ->
                                new Due(
                                        new ImageName.OfTemplate(
                                                new TeamId(rs.getObject("team_id", UUID.class)),
                                                new TemplateId(rs.getObject("id", UUID.class))),
                                        new HostId(rs.getObject("host_id", UUID.class))))
                        .list());
    }

    @Override
    public void later(TemplateId id) {
        db.with(h -> h.createUpdate(LATER).bind("id", id.value()).execute());
    }

    @Override
    public boolean published(TemplateId id, String manifest) {
        return db.with(h ->
                h.createUpdate(PUBLISHED)
                                .bind("id", id.value())
                                .bind("manifest", manifest)
                                .execute()
                        == 1);
    }

    @Override
    public Optional<String> current(TemplateId id) {
        return db.with(
                h -> h.createQuery(CURRENT).bind("id", id.value()).mapTo(String.class).findOne());
    }

    @Override
    public boolean copying(TemplateId id, HostId host) {
        return db.with(h ->
                h.createUpdate(COPYING).bind("id", id.value()).bind("host", host.value()).execute()
                        == 1);
    }

    @Override
    public Optional<Granted> granted(TemplateId id, HostId host, UUID token) {
        return db.with(h ->
                h.createQuery(GRANTED)
                        .bind("id", id.value())
                        .bind("host", host.value())
                        .bind("token", token)
                        .map((rs, _) ->
                                new Granted(
                                        new ImageName.OfTemplate(
                                                new TeamId(rs.getObject("team_id", UUID.class)),
                                                id),
                                        rs.getString("image_manifest")))
                        .findOne());
    }

    @Override
    public List<HostId> copies(TemplateId id) {
        return db.with(h ->
                h.createQuery(COPIES)
                        .bind("id", id.value())
                        .mapTo(UUID.class)
                        .map(HostId::new)
                        .list());
    }

    @Override
    public void removed(TemplateId id, HostId host) {
        db.with(h ->
                h.createUpdate(REMOVED)
                        .bind("id", id.value())
                        .bind("host", host.value())
                        .execute());
    }
}
