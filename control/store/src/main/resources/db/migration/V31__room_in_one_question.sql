-- Whoever makes a capsule holds the row of its team, and that of its host, until it is stored. What is
-- to be known for that is asked in one question: everybody else of the team waits for each answer on
-- its way. Each statement in here sees what was committed before it, so also what the holder before
-- us has added.
create function capsule_room(
    wanted_team uuid, wanted_host uuid, many bigint,
    out team_there boolean, out capsules bigint, out vcpus bigint, out memory_mb bigint,
    out disk_mb bigint,
    out most_capsules bigint, out most_vcpus bigint, out most_memory_mb bigint,
    out most_disk_mb bigint,
    out host_there boolean, out reserved_memory_mb bigint, out reserved_vcpus bigint,
    out reserved_disk_mb bigint
) language plpgsql volatile as $$
declare
    changes bigint;
begin
    perform 1 from teams t where t.id = wanted_team and t.deleted_at is null for no key update;
    team_there := found;
    host_there := false;
    if not team_there then
        return;
    end if;
    select coalesce(sum(u.capsules), 0), coalesce(sum(u.vcpus), 0), coalesce(sum(u.memory_mb), 0),
           coalesce(sum(u.disk_mb), 0), count(*)
      into capsules, vcpus, memory_mb, disk_mb, changes
      from team_uses u where u.team_id = wanted_team;
    if changes >= many then
        with gone as (
            delete from team_uses u where u.team_id = wanted_team
            returning u.capsules, u.vcpus, u.memory_mb, u.disk_mb
        )
        insert into team_uses (team_id, capsules, vcpus, memory_mb, disk_mb)
        select wanted_team, sum(g.capsules), sum(g.vcpus), sum(g.memory_mb), sum(g.disk_mb)
          from gone g
        having count(*) > 0;
    end if;
    select q.capsules, q.vcpus, q.memory_mb, q.disk_mb
      into most_capsules, most_vcpus, most_memory_mb, most_disk_mb
      from team_quotas q where q.team_id = wanted_team;
    select h.reserved_memory_mb, h.reserved_vcpus, h.reserved_disk_mb
      into reserved_memory_mb, reserved_vcpus, reserved_disk_mb
      from hosts h
     where h.id = wanted_host and h.status <> 'pending' and not h.draining
       and h.deleted_at is null
       for no key update;
    host_there := found;
end $$;
