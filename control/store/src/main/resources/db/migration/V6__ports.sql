-- Who may use the ports of a capsule, and the key of links to them.
alter table capsules add column port_access text not null default 'public'
    constraint capsules_port_access_known check (port_access in ('public', 'private'));
alter table capsules add column port_resume boolean not null default false;
-- 244 random bits from the generator that PostgreSQL uses for secrets.
alter table capsules add column port_secret bytea not null
    default uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
