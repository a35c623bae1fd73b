-- Sessions of users, scopes and expiry of API keys, and notices of every change that a caller's
-- rights depend on.

-- A session is good while its row is there: ending it counts at once, on every replica.
create table sessions (
    id         uuid primary key,
    user_id    uuid not null references users (id) on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index sessions_by_user on sessions (user_id);
create index sessions_by_expiry on sessions (expires_at);

alter table team_members add column is_default boolean not null default false;
create unique index team_members_one_default on team_members (user_id) where is_default;
create unique index team_members_one_owner on team_members (team_id) where role = 'owner';

alter table teams add column is_byoc boolean not null default false;

alter table api_keys add column scope text not null default 'full'
    constraint api_keys_scope_known check (scope in ('full', 'read-only', 'exec-only'));
alter table api_keys add column expires_at timestamptz;

-- Whoever changes rights need not remember to tell: the notice goes out when the change is
-- committed, and names the user, or nobody when it concerns a whole team.
create function rights_changed() returns trigger language plpgsql as $$
declare
    who uuid;
begin
    if tg_table_name = 'users' then who := old.id;
    elsif tg_table_name = 'api_keys' then who := old.created_by;
    elsif tg_table_name <> 'teams' then who := old.user_id;
    end if;
    perform pg_notify('wrenn_rights', coalesce(who::text, ''));
    return null;
end $$;
create trigger team_members_rights after update of role or delete on team_members
    for each row execute function rights_changed();
create trigger api_keys_rights after update of scope, expires_at or delete on api_keys
    for each row execute function rights_changed();
create trigger sessions_rights after delete on sessions
    for each row execute function rights_changed();
create trigger users_rights after update of status, is_admin or delete on users
    for each row execute function rights_changed();
create trigger teams_rights after update of deleted_at on teams
    for each row execute function rights_changed();
