-- Where capsules may connect to. null: nothing is taken away.
alter table teams add column network jsonb;

-- Hosts are told when network_revision moves on, and network_told follows what they have heard.
alter table capsules
    add column network jsonb,
    add column network_revision bigint not null default 0,
    add column network_told bigint not null default 0,
    add column network_denied_at timestamptz;

-- The few whose hosts are to be told.
create index capsules_network_untold on capsules (team_id)
    where network_revision <> network_told and status not in ('stopped', 'error');
