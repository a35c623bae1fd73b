-- Links that sign their owner in once: `up` prints one.
alter table mail_tokens drop constraint mail_tokens_purpose_known;
alter table mail_tokens add constraint mail_tokens_purpose_known
    check (purpose in ('activation', 'reset', 'oauth', 'signin'));
