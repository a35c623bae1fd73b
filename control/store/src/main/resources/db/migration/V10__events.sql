-- Events in the order in which everybody hears of them. One writer at a time moves them here from
-- the outbox, so that a number is never seen after a larger one.
create table events (
    number    bigint primary key,
    audit_id  uuid not null references audit_logs (id),
    team_id   uuid not null references teams (id),
    event     text not null,
    at        timestamptz not null default clock_timestamp(),
    published boolean not null default false -- to the stream in Redis
);
create index events_by_team on events (team_id, number);
create index events_unpublished on events (number) where not published;
create index events_by_age on events (at);
create sequence event_numbers owned by events.number;
