-- Pause and resume, and templates made of capsules.

-- What the status that clients see does not tell: a running capsule that is being saved, and an
-- ended one whose damaged image its host still keeps.
alter table capsules add column phase text
    constraint capsules_phase_known check (
        phase is null
        or (phase = 'pausing' and status = 'running')
        or (phase = 'damaged' and status = 'error'));

-- Rows with an intent that a host has to be asked for.
drop index capsules_pending;
create index capsules_unsettled on capsules (updated_at)
    where status in ('pending', 'starting') or phase = 'pausing';

-- A snapshot template is on the host that made it. Its row is there before its files and goes after
-- them, so that whatever is cut short is found and finished.
alter table templates add column host_id uuid references hosts (id); -- null: on every host
alter table templates add column state text not null default 'ready'
    constraint templates_state_known check (state in ('saving', 'ready', 'deleting'));

-- Only what is complete has a name.
alter table templates drop constraint templates_name_unique;
create unique index templates_name_unique on templates (team_id, name) where state = 'ready';
create index templates_unsettled on templates (created_at) where state <> 'ready';

create or replace function templates_check_name() returns trigger language plpgsql as $$
begin
    if new.state <> 'deleting'
        and new.team_id <> '00000000-0000-0000-0000-000000000000'
        and exists (select 1 from templates
                     where team_id = '00000000-0000-0000-0000-000000000000' and name = new.name
                       and state = 'ready')
    then
        raise exception 'template name is reserved'
            using errcode = 'unique_violation', constraint = 'templates_name_reserved';
    end if;
    return new;
end $$;
drop trigger templates_name_reserved on templates;
create trigger templates_name_reserved before insert or update of name, team_id, state on templates
    for each row execute function templates_check_name();
