-- Where teams want to hear of events, and what is to be told to whom.

create table channels (
    id         uuid primary key,
    team_id    uuid not null references teams (id),
    name       text not null,
    provider   text not null,
    config     jsonb not null, -- name to sealed value
    events     text[] not null,
    last_error text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint channels_name_unique unique (team_id, name)
);

create table deliveries (
    id            uuid primary key default gen_random_uuid(),
    channel_id    uuid not null references channels (id) on delete cascade,
    event_number  bigint not null references events (number) on delete cascade,
    event         text not null,
    resource      text not null, -- of one channel and resource they keep their order
    state         text not null default 'waiting'
        constraint deliveries_state_known check (state in ('waiting', 'delivered', 'failed')),
    attempts      integer not null default 0,
    due_at        timestamptz not null default now(),
    claimed_until timestamptz,
    status        integer,
    error         text,
    created_at    timestamptz not null default clock_timestamp(),
    finished_at   timestamptz
);
create index deliveries_waiting on deliveries (channel_id, event_number) where state = 'waiting';
create index deliveries_in_order on deliveries (channel_id, resource, event_number)
    where state = 'waiting';
create index deliveries_by_channel on deliveries (channel_id, event_number desc);
create index deliveries_by_event on deliveries (event_number);
create index deliveries_ended on deliveries (finished_at) where state <> 'waiting';
