-- Hosts that are added one by one and register themselves.

alter table hosts alter column address drop not null; -- not known before it registers
alter table hosts
    add column type text not null default 'regular'
        constraint hosts_type_known check (type in ('regular', 'byoc')),
    add column team_id uuid references teams (id),
    add column provider text,
    add column availability_zone text,
    add column arch text,
    add column cpu_cores integer,
    add column memory_mb bigint,
    add column disk_gb bigint,
    add column status text not null default 'online'
        constraint hosts_status_known check (status in ('pending', 'online', 'unreachable')),
    add column draining boolean not null default false,
    add column last_heartbeat_at timestamptz,
    add column last_heard_at timestamptz not null default now(), -- by a control plane, or a heartbeat
    add column certificate_ends_at timestamptz,
    add column created_by uuid, -- no reference: hosts outlive the accounts of those who added them
    add column updated_at timestamptz not null default now(),
    add constraint hosts_team_brings check ((type = 'byoc') = (team_id is not null)),
    add constraint hosts_addressed check (status = 'pending' or address is not null);
create index hosts_by_team on hosts (team_id, created_at) where team_id is not null;

create table host_tags (
    host_id uuid not null references hosts (id) on delete cascade,
    tag     text not null,
    constraint host_tags_key primary key (host_id, tag)
);

-- What a host registers with. Used once: whoever sets used_at has used it.
create table host_tokens (
    id         uuid primary key,
    host_id    uuid not null references hosts (id) on delete cascade,
    token_hash text not null constraint host_tokens_hash_unique unique, -- lowercase hex SHA-256
    created_by uuid,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at    timestamptz
);
create index host_tokens_by_host on host_tokens (host_id);

-- What a registered host gets new tokens and certificates with. One that was replaced is revoked
-- when its successor is seen in use.
create table host_refresh_tokens (
    id         uuid primary key,
    host_id    uuid not null references hosts (id) on delete cascade,
    token_hash text not null constraint host_refresh_tokens_hash_unique unique,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index host_refresh_tokens_by_host on host_refresh_tokens (host_id, created_at);
