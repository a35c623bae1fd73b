-- Accounts that sign up, activate, reset and end by themselves; teams that are cleaned up after
-- their end.

alter table users add column deleted_at timestamptz;
create index users_deleted on users (deleted_at) where status = 'deleted';
create index users_email_prefix on users (email text_pattern_ops) where status = 'active';

-- Tokens that were mailed, by their SHA-256. Used once: whoever deletes the row has used it.
create table mail_tokens (
    hash       text primary key,
    user_id    uuid not null references users (id) on delete cascade,
    purpose    text not null
        constraint mail_tokens_purpose_known check (purpose in ('activation', 'reset')),
    expires_at timestamptz not null
);
create index mail_tokens_by_user on mail_tokens (user_id);

-- Capsules outlive the accounts of those who made them.
alter table capsules drop constraint capsules_created_by_fkey;

-- Teams that still have something to be removed.
create index teams_deleted on teams (deleted_at) where deleted_at is not null;
