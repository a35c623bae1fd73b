-- Teams, users, keys, templates, hosts and capsules. Every id is a native UUID.
-- The zero UUID is the platform team and, within it, the template `minimal`.

create table teams (
    id         uuid primary key,
    name       text not null,
    slug       text not null constraint teams_slug_unique unique, -- stays reserved after deletion
    created_at timestamptz not null default now(),
    deleted_at timestamptz
);

create table users (
    id            uuid primary key,
    email         text not null constraint users_email_unique unique,
    name          text not null,
    password_hash text,
    status        text not null
        constraint users_status_known check (status in ('inactive', 'active', 'disabled', 'deleted')),
    is_admin      boolean not null default false,
    created_at    timestamptz not null default now(),
    constraint users_email_normal check (email = lower(btrim(email)))
);

create table team_members (
    team_id   uuid not null references teams (id),
    user_id   uuid not null references users (id),
    role      text not null
        constraint team_members_role_known check (role in ('owner', 'admin', 'member')),
    joined_at timestamptz not null default now(),
    constraint team_members_key primary key (team_id, user_id)
);
create index team_members_by_user on team_members (user_id);

create table api_keys (
    id         uuid primary key,
    team_id    uuid not null references teams (id),
    created_by uuid not null references users (id),
    name       text not null,
    key_hash   text not null constraint api_keys_hash_unique unique, -- lowercase hex SHA-256
    key_prefix text not null,
    created_at timestamptz not null default now(),
    last_used  timestamptz
);
create index api_keys_by_team on api_keys (team_id, created_at desc, id desc);

create table templates (
    id         uuid primary key,
    team_id    uuid not null references teams (id),
    name       text not null,
    type       text not null constraint templates_type_known check (type in ('base', 'snapshot')),
    vcpus      integer not null,
    memory_mb  integer not null,
    size_bytes bigint not null default 0,
    metadata   jsonb not null default '{}',
    created_at timestamptz not null default now(),
    constraint templates_name_unique unique (team_id, name)
);
create index templates_by_team on templates (team_id, created_at desc, id desc);

-- A name of the platform means the same template to every team.
create function templates_check_name() returns trigger language plpgsql as $$
begin
    if new.team_id <> '00000000-0000-0000-0000-000000000000'
        and exists (select 1 from templates
                     where team_id = '00000000-0000-0000-0000-000000000000' and name = new.name)
    then
        raise exception 'template name is reserved'
            using errcode = 'unique_violation', constraint = 'templates_name_reserved';
    end if;
    return new;
end $$;
create trigger templates_name_reserved before insert or update of name, team_id on templates
    for each row execute function templates_check_name();

create table hosts (
    id         uuid primary key,
    address    text not null, -- host:port of the agent
    created_at timestamptz not null default now()
);

create table capsules (
    id               uuid primary key,
    team_id          uuid not null references teams (id),
    created_by       uuid not null references users (id),
    template_team_id uuid not null,
    template_id      uuid not null, -- no reference: capsules outlive the name of their template
    template_name    text not null,
    host_id          uuid not null references hosts (id),
    status           text not null
        constraint capsules_status_known check (status in ('pending', 'starting', 'running',
            'paused', 'hibernated', 'stopped', 'missing', 'error')),
    cause            text, -- why it ended
    vcpus            integer not null,
    memory_mb        integer not null,
    disk_mb          integer not null,
    timeout_sec      bigint not null,
    incarnation      bigint not null,
    version          bigint not null,
    host_ip          text,
    guest_ip         text,
    metadata         jsonb not null default '{}',
    created_at       timestamptz not null,
    updated_at       timestamptz not null, -- last change of state
    started_at       timestamptz,
    last_active_at   timestamptz
);
create index capsules_alive_by_team on capsules (team_id, created_at desc, id desc)
    where status not in ('stopped', 'error');
create index capsules_alive_by_host on capsules (host_id) where status not in ('stopped', 'error');
create index capsules_pending on capsules (updated_at) where status = 'pending';

insert into teams (id, name, slug)
values ('00000000-0000-0000-0000-000000000000', 'Platform', 'platform');
insert into templates (id, team_id, name, type, vcpus, memory_mb)
values ('00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000',
        'minimal', 'base', 1, 512);
