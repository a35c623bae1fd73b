-- A notice of each change that decides where requests to a capsule's ports go and who may make
-- them, for the control planes that remember it. It goes out with the commit.
create function capsule_changed() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        perform pg_notify('wrenn_capsules', old.id::text);
    elsif (old.status, old.phase, old.cause, old.host_id, old.port_access, old.port_resume)
          is distinct from
          (new.status, new.phase, new.cause, new.host_id, new.port_access, new.port_resume) then
        perform pg_notify('wrenn_capsules', new.id::text);
    end if;
    return null;
end $$;
create trigger capsules_changed
    after delete or update of status, phase, cause, host_id, port_access, port_resume on capsules
    for each row execute function capsule_changed();
