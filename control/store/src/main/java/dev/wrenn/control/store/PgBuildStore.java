package dev.wrenn.control.store;

import dev.wrenn.common.model.BuildId;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.builds.Build;
import dev.wrenn.control.domain.builds.BuildStatus;
import dev.wrenn.control.domain.builds.BuildStore;
import dev.wrenn.control.domain.builds.ImportedImage;
import dev.wrenn.control.domain.builds.Layer;
import dev.wrenn.control.domain.builds.NewBuild;
import dev.wrenn.control.domain.builds.StepLog;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.GuestDefaults;
import dev.wrenn.control.domain.templates.TemplateType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.largeobject.LargeObjectManager;

/// Builds in PostgreSQL, their archives as large objects. A worker's writes count only while the
/// row says that it has the build.
public final class PgBuildStore implements BuildStore {
    private static final String NAME_RESERVED = "templates_name_reserved";
    private static final int CHUNK = 256 << 10;

    private final Database db;

    public PgBuildStore(Database db) {
        this.db = db;
    }

    @Override
    public boolean insert(NewBuild build, @Nullable InputStream archive, Actor by, int most) {
        return db.inTransaction(h -> {
            if (!TeamAmounts.lock(h, build.team().value()) || open(h, build.team()) >= most)
                return false;
            Long object = archive == null ? null : stored(h, archive);
            h.createUpdate(BuildSql.INSERT)
                    .bind("id", build.id().value())
                    .bind("team", build.team().value())
                    .bind("by", build.by().value())
                    .bind("name", build.name())
                    .bind("base", build.base())
                    .bind("recipe", BuildRows.texts(build.recipe()))
                    .bind("healthcheck", build.healthCheck().orElse(null))
                    .bind("vcpus", build.vcpus())
                    .bind("memory", build.memory().mib())
                    .bind("skip", build.skipPrePost())
                    .bind("nocache", build.noCache())
                    .bind("steps", build.totalSteps())
                    .bind("archive", object)
                    .bind("sums", Json.write(build.sums()))
                    .bind("image", BuildRows.image(build.image()))
                    .execute();
            AuditRows.write(
                    h, Audit.buildCreated(build.team(), by, build.id().toString(), build.name()));
            return true;
        });
    }

    private static int open(Handle h, TeamId team) {
        return h.createQuery(BuildSql.OPEN).bind("team", team.value()).mapTo(Integer.class).one();
    }

    private static long stored(Handle h, InputStream archive) {
        try {
            var objects = objects(h);
            long id = objects.createLO(LargeObjectManager.READWRITE);
            try (var object = objects.open(id, LargeObjectManager.WRITE)) {
                var chunk = new byte[CHUNK];
                for (int n = archive.read(chunk); n >= 0; n = archive.read(chunk))
                    object.write(chunk, 0, n);
            }
            return id;
        } catch (SQLException e) {
            throw new StoreException("archive not stored", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static LargeObjectManager objects(Handle h) throws SQLException {
        return h.getConnection().unwrap(PGConnection.class).getLargeObjectAPI();
    }

    @Override
    public Optional<Build> find(BuildId id) {
        return db.with(h ->
                h.createQuery(
                                "select "
                                        + BuildRows.COLUMNS
                                        + " from template_builds where id = :id")
                        .bind("id", id.value())
                        .map(BuildRows::row)
                        .findOne());
    }

    /// Indexes template_builds_by_age, template_builds_by_team.
    @Override
    public List<Build> list(Optional<TeamId> team, Optional<BuildId> before, int limit) {
        var sql =
                "select "
                        + BuildRows.COLUMNS
                        + " from template_builds where true"
                        + (team.isPresent() ? " and team_id = :team" : "")
                        + (before.isPresent()
                                ? " and (created_at, id) < (select created_at, id from"
                                        + " template_builds where id = :before)"
                                : "")
                        + " order by created_at desc, id desc limit :limit";
        return db.with(h -> {
            var query = h.createQuery(sql).bind("limit", limit);
            team.ifPresent(t -> query.bind("team", t.value()));
            before.ifPresent(b -> query.bind("before", b.value()));
            return query.map(BuildRows::row).list();
        });
    }

    @Override
    public Optional<Lease> claim(String worker, Duration lease) {
        return db.inTransaction(h ->
                h.createQuery(BuildSql.CLAIM)
                        .bind("worker", worker)
                        .bind("lease", seconds(lease))
                        .map((rs, context) ->
                                new Lease(BuildRows.row(rs, context), worker, rs.getInt("attempt")))
                        .findOne());
    }

    @Override
    public void giveUp(int attempts) {
        db.with(h -> h.createUpdate(BuildSql.GIVE_UP).bind("most", attempts).execute());
    }

    @Override
    public boolean renew(Lease lease, Duration more) {
        return db.with(h ->
                ours(h.createUpdate(BuildSql.RENEW), lease).bind("lease", seconds(more)).execute()
                        == 1);
    }

    @Override
    public boolean archive(BuildId id, OutputStream to) {
        return db.inTransaction(h -> {
            var object =
                    h.createQuery("select archive from template_builds where id = :id")
                            .bind("id", id.value())
                            .mapTo(Long.class)
                            .findOne();
            if (object.isEmpty()) return false;
            try (var from = objects(h).open(object.get(), LargeObjectManager.READ)) {
                var chunk = new byte[CHUNK];
                for (int n = from.read(chunk, 0, CHUNK); n > 0; n = from.read(chunk, 0, CHUNK))
                    to.write(chunk, 0, n);
                return true;
            } catch (SQLException e) {
                throw new StoreException("archive not read", e);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Override
    public boolean place(Lease lease, CapsuleId capsule, Optional<HostId> host) {
        return db.inTransaction(h -> {
            h.createUpdate(BuildSql.LEFTOVER)
                    .bind("id", lease.build().id().value())
                    .bind("capsule", capsule.value())
                    .execute();
            return ours(h.createUpdate(BuildSql.PLACE), lease)
                            .bind("capsule", capsule.value())
                            .bind("host", host.map(HostId::value).orElse(null))
                            .execute()
                    == 1;
        });
    }

    @Override
    public boolean found(Lease lease, ImportedImage image) {
        return db.with(h ->
                ours(h.createUpdate(BuildSql.FOUND), lease)
                                .bind("image", BuildRows.image(Optional.of(image)))
                                .execute()
                        == 1);
    }

    @Override
    public boolean log(Lease lease, StepLog log) {
        return db.with(h ->
                ours(h.createUpdate(BuildSql.LOG), lease)
                                .bind("step", log.step())
                                .bind("at", Integer.toString(log.step() - 1))
                                .bind("log", BuildRows.log(log))
                                .execute()
                        == 1);
    }

    @Override
    public Ended draft(
            Lease lease,
            TemplateId template,
            TemplateType type,
            HostId host,
            Duration keep,
            Amounts normal) {
        var team = lease.build().wanted().team().value();
        try {
            return db.inTransaction(h -> {
                if (!TeamAmounts.lock(h, team)) return Ended.FULL;
                if (!held(h, lease)) return Ended.LOST;
                if (!lease.build().wanted().team().equals(TeamId.PLATFORM)
                        && TeamAmounts.excess(h, team, Amounts.ONE_SNAPSHOT, normal).isPresent())
                    return Ended.FULL;
                h.createUpdate(BuildSql.DRAFT)
                        .bind("template", template.value())
                        .bind("type", type.wire())
                        .bind("host", host.value())
                        .bind("keep", seconds(keep))
                        .bind("id", lease.build().id().value())
                        .execute();
                return Ended.DONE;
            });
        } catch (StoreException e) {
            if (e.violates(NAME_RESERVED)) return Ended.RESERVED;
            throw e;
        }
    }

    @Override
    public Ended publish(
            Lease lease, TemplateId template, HostSnapshot made, GuestDefaults kept, String key) {
        try {
            return db.inTransaction(h -> {
                if (!held(h, lease)) return Ended.LOST;
                var id = lease.build().id().value();
                if (h.createQuery(BuildSql.OTHERS).bind("id", id).mapTo(Boolean.class).one())
                    return Ended.RESERVED;
                if (!PgSnapshotStore.replace(h, template, made)) return Ended.LOST;
                h.createUpdate(BuildSql.KEEP)
                        .bind("template", template.value())
                        .bind("user", kept.user())
                        .bind("env", Json.write(kept.env()))
                        .bind("key", key)
                        .bind("directory", kept.directory())
                        .bind("entrypoint", BuildRows.texts(kept.entrypoint()))
                        .execute();
                end(h, lease, BuildStatus.SUCCESS, null, kept);
                return Ended.DONE;
            });
        } catch (StoreException e) {
            if (e.violates(NAME_RESERVED)) return Ended.RESERVED;
            throw e;
        }
    }

    @Override
    public boolean unchanged(Lease lease, String key, GuestDefaults kept) {
        return db.inTransaction(h -> {
            if (!held(h, lease)) return false;
            boolean same =
                    h.createQuery(BuildSql.UNCHANGED)
                            .bind("id", lease.build().id().value())
                            .bind("key", key)
                            .mapTo(Boolean.class)
                            .one();
            if (same) {
                end(h, lease, BuildStatus.SUCCESS, null, kept);
                h.createUpdate(
                                "update template_builds set current_step = total_steps"
                                        + " where id = :id")
                        .bind("id", lease.build().id().value())
                        .execute();
            }
            return same;
        });
    }

    @Override
    public void discard(TemplateId template) {
        new PgSnapshotStore(db).discard(template);
    }

    @Override
    public boolean fail(Lease lease, String error) {
        return db.inTransaction(h -> {
            if (!held(h, lease)) return false;
            end(h, lease, BuildStatus.FAILED, error.replace('\0', '\uFFFD'), null);
            return true;
        });
    }

    @Override
    public Optional<BuildStatus> cancel(BuildId id, Actor by) {
        return db.inTransaction(h -> {
            var known =
                    h.createQuery(
                                    "select "
                                            + BuildRows.COLUMNS
                                            + " from template_builds where id = :id for update")
                            .bind("id", id.value())
                            .map(BuildRows::row)
                            .findOne();
            if (known.isEmpty() || known.get().status().isFinal()) return known.map(Build::status);
            h.createUpdate(BuildSql.END + " where id = :id")
                    .bind("id", id.value())
                    .bind("status", BuildStatus.CANCELLED.wire())
                    .bind("error", (String) null)
                    .bind("user", (String) null)
                    .bind("env", (String) null)
                    .execute();
            dropArchive(h, id.value());
            AuditRows.write(
                    h, Audit.buildCancelled(known.get().wanted().team(), by, id.toString()));
            return known.map(Build::status);
        });
    }

    private static boolean held(Handle h, Lease lease) {
        return ours(h.createQuery(BuildSql.LOCK), lease).mapTo(UUID.class).findOne().isPresent();
    }

    private static void end(
            Handle h,
            Lease lease,
            BuildStatus status,
            @Nullable String error,
            @Nullable GuestDefaults kept) {
        ours(h.createUpdate(BuildSql.END + BuildSql.OURS), lease)
                .bind("status", status.wire())
                .bind("error", error)
                .bind("user", kept == null ? null : kept.user())
                .bind("env", kept == null ? null : Json.write(kept.env()))
                .execute();
        dropArchive(h, lease.build().id().value());
    }

    private static void dropArchive(Handle h, UUID id) {
        h.createQuery(
                        "select lo_unlink(archive) from template_builds"
                                + " where id = :id and archive is not null")
                .bind("id", id)
                .mapTo(Integer.class)
                .findOne();
        h.createUpdate("update template_builds set archive = null where id = :id")
                .bind("id", id)
                .execute();
    }

    /// Index template_builds_left.
    @Override
    public Set<CapsuleId> leftCapsules(int limit) {
        return db.with(h ->
                new HashSet<>(
                        h.createQuery(
                                        """
                                        (select sandbox_id from template_builds
                                          where sandbox_left
                                            and status not in ('pending', 'running')
                                            and leased_until <= clock_timestamp() limit :limit)
                                        union
                                        (select sandbox_id from template_build_leftovers
                                          limit :limit)
                                        """)
                                .bind("limit", limit)
                                .mapTo(UUID.class)
                                .map(CapsuleId::new)
                                .list()));
    }

    @Override
    public void cleaned(CapsuleId capsule) {
        db.inTransaction(h -> {
            h.createUpdate(
                            "update template_builds set sandbox_left = false"
                                    + " where sandbox_left and sandbox_id = :id")
                    .bind("id", capsule.value())
                    .execute();
            h.createUpdate("delete from template_build_leftovers where sandbox_id = :id")
                    .bind("id", capsule.value())
                    .execute();
            return null;
        });
    }

    @Override
    public Optional<Layer> layer(String key) {
        return db.with(h ->
                h.createQuery(
                                "update template_layers set used_at = clock_timestamp()"
                                        + " where key = :key and not doomed returning "
                                        + BuildRows.LAYER)
                        .bind("key", key)
                        .map(BuildRows::layer)
                        .findOne());
    }

    @Override
    public boolean addLayer(Layer layer) {
        return db.with(h ->
                h.createUpdate(
                                        """
                                        insert into template_layers
                                            (template_id, key, host_id, size_bytes)
                                        values (:template, :key, :host, :size)
                                        on conflict (key) where not doomed do nothing
                                        """)
                                .bind("template", layer.template().value())
                                .bind("key", layer.key())
                                .bind("host", layer.host().value())
                                .bind("size", layer.bytes())
                                .execute()
                        == 1);
    }

    @Override
    public List<Layer> overflow(long bytes) {
        return db.with(h ->
                h.createQuery(
                                """
                                update template_layers set doomed = true
                                 where template_id in (
                                    select template_id from (
                                        select template_id, sum(size_bytes) over
                                            (order by used_at desc, template_id) as upto
                                          from template_layers where not doomed) newest
                                     where upto > :bytes)
                                returning
                                """
                                        + BuildRows.LAYER)
                        .bind("bytes", bytes)
                        .map(BuildRows::layer)
                        .list());
    }

    @Override
    public List<Layer> doomedLayers(int limit) {
        return db.with(h ->
                h.createQuery(
                                "select "
                                        + BuildRows.LAYER
                                        + " from template_layers where doomed limit :limit")
                        .bind("limit", limit)
                        .map(BuildRows::layer)
                        .list());
    }

    @Override
    public void forgetLayer(TemplateId template) {
        db.with(h ->
                h.createUpdate("delete from template_layers where template_id = :id and doomed")
                        .bind("id", template.value())
                        .execute());
    }

    private static <S extends org.jdbi.v3.core.statement.SqlStatement<S>> S ours(
            S statement, Lease lease) {
        return statement
                .bind("id", lease.build().id().value())
                .bind("worker", lease.worker())
                .bind("attempt", lease.attempt());
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }
}
