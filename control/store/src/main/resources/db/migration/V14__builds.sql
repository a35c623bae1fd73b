-- Templates built from recipes.

create table template_builds (
    id             uuid primary key,
    team_id        uuid not null references teams (id),
    created_by     uuid not null references users (id),
    name           text not null,
    base_template  text not null,
    recipe         jsonb not null,
    healthcheck    text,
    vcpus          integer not null,
    memory_mb      integer not null,
    skip_pre_post  boolean not null default false,
    no_cache       boolean not null default false,
    total_steps    integer not null,
    archive        oid,              -- a large object: a checked tar, compressed with gzip
    archive_sums   jsonb not null default '{}',
    status         text not null default 'pending' constraint template_builds_status_known
        check (status in ('pending', 'running', 'success', 'failed', 'cancelled')),
    current_step   integer not null default 0,
    logs           jsonb not null default '[]',
    error          text,
    sandbox_id     uuid,
    host_id        uuid,
    sandbox_left   boolean not null default false, -- the capsule may still be there
    default_user   text not null default 'root',
    default_env    jsonb not null default '{}',
    worker         text,
    attempt        integer not null default 0,
    leased_until   timestamptz,
    created_at     timestamptz not null default clock_timestamp(),
    started_at     timestamptz,
    completed_at   timestamptz
);
create index template_builds_by_age on template_builds (created_at desc, id desc);
create index template_builds_by_team on template_builds (team_id, created_at desc, id desc);
create index template_builds_open on template_builds (created_at)
    where status in ('pending', 'running');
create index template_builds_left on template_builds (id) where sandbox_left;

-- Capsules of an earlier attempt, which the row of its build no longer names.
create table template_build_leftovers (sandbox_id uuid primary key);

-- Disks between the steps of builds; the files are templates of the platform on their host.
create table template_layers (
    template_id uuid primary key,
    key         text not null,
    host_id     uuid not null references hosts (id),
    size_bytes  bigint not null,
    doomed      boolean not null default false,
    created_at  timestamptz not null default clock_timestamp(),
    used_at     timestamptz not null default clock_timestamp()
);
create unique index template_layers_by_key on template_layers (key) where not doomed;

-- Who a capsule of the template is by default, and what the template was made from.
alter table templates add column default_user text not null default '';
alter table templates add column default_env jsonb not null default '{}';
alter table templates add column build_key text;
