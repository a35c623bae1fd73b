-- The audit trail, and the outbox of what the event stream is to be told. Both are written in the
-- transaction of the change they tell of.

create table audit_logs (
    id            uuid not null,
    team_id       uuid not null references teams (id),
    actor_type    text not null
        constraint audit_logs_actor_known check (actor_type in ('user', 'api_key', 'system')),
    actor_id      text,
    actor_name    text,
    resource_type text not null,
    resource_id   text,
    action        text not null,
    scope         text not null
        constraint audit_logs_scope_known check (scope in ('team', 'admin')),
    status        text not null
        constraint audit_logs_status_known check (status in ('success', 'info', 'warning', 'error')),
    metadata      jsonb not null default '{}',
    created_at    timestamptz not null default clock_timestamp(),
    constraint audit_logs_key primary key (id)
);
create index audit_logs_by_team on audit_logs (team_id, created_at desc, id desc);
create index audit_logs_team_scope on audit_logs (team_id, created_at desc, id desc)
    where scope = 'team';
create index audit_logs_by_actor on audit_logs (actor_id) where actor_id is not null;
create index audit_logs_by_resource on audit_logs (resource_id) where resource_id is not null;

-- Rows are never changed or deleted. The one exception takes a deleted user's name out, within a
-- transaction that says so, and leaves everything else as it is.
create function audit_logs_append_only() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_setting('wrenn.anonymise', true) = 'on'
        and (new.id, new.team_id, new.actor_type, new.resource_type, new.action, new.scope,
             new.status, new.created_at)
            is not distinct from
            (old.id, old.team_id, old.actor_type, old.resource_type, old.action, old.scope,
             old.status, old.created_at)
        and (new.actor_id is null or new.actor_id = old.actor_id)
        and (new.resource_id is null or new.resource_id = old.resource_id)
        and old.metadata @> new.metadata
    then
        return new;
    end if;
    raise exception 'audit_logs is append-only' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_logs_append_only before update or delete on audit_logs
    for each row execute function audit_logs_append_only();
create trigger audit_logs_no_truncate before truncate on audit_logs
    for each statement execute function audit_logs_append_only();

create table audit_outbox (
    number   bigint generated always as identity primary key,
    audit_id uuid not null references audit_logs (id),
    event    text not null
);

-- Who asked for what a capsule's row intends: told when it is done, by whichever control plane.
alter table capsules add column asked_by_type text not null default 'system';
alter table capsules add column asked_by_id text;
alter table capsules add column asked_by_name text;
