-- What capsules took before they stopped. Hosts have it for some minutes afterwards; a trigger says of
-- whom it is to be fetched, whoever stopped the capsule and however.

create table capsule_metrics (
    capsule_id uuid primary key references capsules (id) on delete cascade,
    stopped_at timestamptz not null, -- when it ran last: which stop is meant
    ask_at     timestamptz           -- when its host is to be asked; null: it told everything
);
create index capsule_metrics_due on capsule_metrics (ask_at) where ask_at is not null;
create index capsule_metrics_old on capsule_metrics (stopped_at);

-- One array for each figure: points of a capsule are only ever read and written together.
create table capsule_metric_points (
    capsule_id uuid not null references capsule_metrics (capsule_id) on delete cascade,
    tier       text not null
        constraint capsule_metric_points_tier_known check (tier in ('10m', '2h', '24h')),
    at         bigint[] not null, -- seconds since 1970
    cpu        real[] not null,   -- percent of the vCPUs
    memory     bigint[] not null, -- bytes, as disk
    disk       bigint[] not null,
    primary key (capsule_id, tier)
);

create function capsules_metrics() returns trigger language plpgsql as $$
begin
    if new.status in ('paused', 'stopped', 'error')
        and old.status in ('starting', 'running', 'paused', 'missing')
        and new.status <> old.status
        and not exists (select 1 from teams where id = new.team_id and deleted_at is not null)
    then
        insert into capsule_metrics (capsule_id, stopped_at, ask_at)
        values (new.id, clock_timestamp(), clock_timestamp())
        on conflict (capsule_id) do update
           set stopped_at = excluded.stopped_at, ask_at = excluded.ask_at;
    end if;
    return null;
end $$;
create trigger capsules_metrics
    after update of status on capsules
    for each row execute function capsules_metrics();

create function teams_forget_metrics() returns trigger language plpgsql as $$
begin
    delete from capsule_metrics m using capsules c where c.id = m.capsule_id and c.team_id = new.id;
    return null;
end $$;
create trigger teams_forget_metrics
    after update of deleted_at on teams
    for each row when (old.deleted_at is null and new.deleted_at is not null)
    execute function teams_forget_metrics();
