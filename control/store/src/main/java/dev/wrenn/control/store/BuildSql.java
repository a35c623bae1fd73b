package dev.wrenn.control.store;

/// The longer statements about builds.
final class BuildSql {
    static final String INSERT =
            """
            insert into template_builds (id, team_id, created_by, name, base_template, recipe,
                healthcheck, vcpus, memory_mb, skip_pre_post, no_cache, total_steps, archive,
                archive_sums, image)
            values (:id, :team, :by, :name, :base, :recipe::jsonb, :healthcheck, :vcpus, :memory,
                :skip, :nocache, :steps, :archive, :sums::jsonb, :image::jsonb)
            """;

    /// Index template_builds_open.
    static final String OPEN =
            """
            select count(*) from template_builds
             where team_id = :team and status in ('pending', 'running')
            """;

    /// Index template_builds_open.
    static final String CLAIM =
            """
            update template_builds
               set status = 'running', worker = :worker, attempt = attempt + 1, current_step = 0,
                   logs = '[]', started_at = coalesce(started_at, clock_timestamp()),
                   leased_until = clock_timestamp() + make_interval(secs => :lease)
             where id = (select id from template_builds
                          where status = 'pending'
                             or (status = 'running' and leased_until <= clock_timestamp())
                          order by created_at limit 1 for update skip locked)
            returning attempt,
            """
                    + BuildRows.COLUMNS;

    static final String GIVE_UP =
            """
            update template_builds
               set status = 'failed', completed_at = clock_timestamp(), worker = null,
                   error = 'the build was interrupted too often'
             where status = 'running' and leased_until <= clock_timestamp() and attempt >= :most
            """;

    /// Whether a worker has a build.
    static final String OURS =
            " where id = :id and status = 'running' and worker = :worker and attempt = :attempt ";

    static final String RENEW =
            "update template_builds set leased_until ="
                    + " clock_timestamp() + make_interval(secs => :lease)"
                    + OURS;

    static final String LEFTOVER =
            """
            insert into template_build_leftovers (sandbox_id)
            select sandbox_id from template_builds
             where id = :id and sandbox_left and sandbox_id <> :capsule
            on conflict do nothing
            """;

    static final String PLACE =
            "update template_builds set sandbox_id = :capsule, host_id = :host,"
                    + " sandbox_left = true"
                    + OURS;

    static final String FOUND = "update template_builds set image = :image::jsonb" + OURS;

    static final String LOG =
            """
            update template_builds
               set current_step = :step,
                   logs = jsonb_set(logs, array[cast(:at as text)], :log::jsonb, true)
            """
                    + OURS;

    static final String LOCK = "select id from template_builds" + OURS + "for update";

    static final String DRAFT =
            """
            insert into templates (id, team_id, name, type, vcpus, memory_mb, host_id, state,
                created_at, leased_until)
            select :template, team_id, name, :type, vcpus, memory_mb, :host, 'saving',
                   clock_timestamp(), clock_timestamp() + make_interval(secs => :keep)
              from template_builds where id = :id
            """;

    /// The name of a platform template must mean the same to every team.
    static final String OTHERS =
            """
            select exists (select 1 from templates t join template_builds b on b.name = t.name
                            where b.id = :id and t.state = 'ready' and t.team_id <> b.team_id
                              and b.team_id = '00000000-0000-0000-0000-000000000000')
            """;

    static final String KEEP =
            """
            update templates
               set default_user = :user, default_env = :env::jsonb, build_key = :key,
                   default_directory = :directory, default_entrypoint = :entrypoint::jsonb
             where id = :template
            """;

    static final String END =
            """
            update template_builds
               set status = :status, error = :error, completed_at = clock_timestamp(),
                   worker = null, default_user = coalesce(:user, default_user),
                   default_env = coalesce(:env::jsonb, default_env)
            """;

    /// Index templates_name_unique.
    static final String UNCHANGED =
            """
            select exists (select 1 from templates t join template_builds b
                               on b.team_id = t.team_id and b.name = t.name
                            where b.id = :id and t.state = 'ready' and t.build_key = :key)
            """;

    private BuildSql() {}
}
