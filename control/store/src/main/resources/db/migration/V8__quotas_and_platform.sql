-- What single teams may have, where it is not what all may have; accounts that are switched off;
-- accounts that sign in by another service.

create table team_quotas (
    team_id   uuid primary key references teams (id),
    capsules  bigint constraint team_quotas_capsules_bounds check (capsules >= 0),
    vcpus     bigint constraint team_quotas_vcpus_bounds check (vcpus >= 0),
    memory_mb bigint constraint team_quotas_memory_bounds check (memory_mb >= 0),
    disk_mb   bigint constraint team_quotas_disk_bounds check (disk_mb >= 0),
    snapshots bigint constraint team_quotas_snapshots_bounds check (snapshots >= 0)
);

-- Capsules of an account that is switched off end; those that others make later do not.
alter table users add column disabled_at timestamptz;
create index users_disabled on users (disabled_at) where status = 'disabled';

create table oauth_identities (
    provider    text not null,
    provider_id text not null, -- of the account there
    user_id     uuid not null references users (id) on delete cascade,
    email       text not null,
    created_at  timestamptz not null default now(),
    constraint oauth_identities_key primary key (provider, provider_id),
    constraint oauth_identities_one_each unique (user_id, provider)
);

-- A browser that comes back from another service trades a code for a session.
alter table mail_tokens drop constraint mail_tokens_purpose_known;
alter table mail_tokens add constraint mail_tokens_purpose_known
    check (purpose in ('activation', 'reset', 'oauth'));

-- Pages of the platform's administrators.
create index users_by_age on users (created_at desc, id desc);
create index teams_by_age on teams ((deleted_at is not null), created_at desc, id desc);
