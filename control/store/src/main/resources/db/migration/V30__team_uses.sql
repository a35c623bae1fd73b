-- What teams use of what they may have, as changes: the sum of a team's rows is what it uses, so that
-- admitting one more capsule does not count all that are there. Written by the database itself with
-- whatever changes a capsule; whoever has locked the team makes many rows one.

create table team_uses (
    id bigint generated always as identity primary key,
    team_id uuid not null references teams (id),
    capsules bigint not null,
    vcpus bigint not null,
    memory_mb bigint not null,
    disk_mb bigint not null
);
create index team_uses_by_team on team_uses (team_id);

-- One that is paused counts whole on disk, and not in memory: it is resumed only into room.
create function capsule_use(
    status text, vcpus integer, memory_mb integer, disk_mb integer,
    out capsules bigint, out cpus bigint, out memory bigint, out disk bigint
) language sql immutable as $$
    select case when status in ('stopped', 'error') then 0 else 1 end,
           case when status in ('stopped', 'error', 'paused', 'hibernated') then 0 else vcpus end,
           case when status in ('stopped', 'error', 'paused', 'hibernated') then 0 else memory_mb end,
           case when status in ('stopped', 'error') then 0 else disk_mb end
$$;

create function capsules_tell_use() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into team_uses (team_id, capsules, vcpus, memory_mb, disk_mb)
        select new.team_id, a.capsules, a.cpus, a.memory, a.disk
          from capsule_use(new.status, new.vcpus, new.memory_mb, new.disk_mb) a
         where a.capsules <> 0;
    elsif tg_op = 'DELETE' then
        insert into team_uses (team_id, capsules, vcpus, memory_mb, disk_mb)
        select old.team_id, -b.capsules, -b.cpus, -b.memory, -b.disk
          from capsule_use(old.status, old.vcpus, old.memory_mb, old.disk_mb) b
         where b.capsules <> 0;
    else
        insert into team_uses (team_id, capsules, vcpus, memory_mb, disk_mb)
        select new.team_id, a.capsules - b.capsules, a.cpus - b.cpus, a.memory - b.memory,
               a.disk - b.disk
          from capsule_use(new.status, new.vcpus, new.memory_mb, new.disk_mb) a,
               capsule_use(old.status, old.vcpus, old.memory_mb, old.disk_mb) b
         where a is distinct from b;
    end if;
    return null;
end $$;
create trigger capsules_tell_use
    after insert or delete or update of status, vcpus, memory_mb, disk_mb on capsules
    for each row execute function capsules_tell_use();

insert into team_uses (team_id, capsules, vcpus, memory_mb, disk_mb)
select c.team_id, sum(u.capsules), sum(u.cpus), sum(u.memory), sum(u.disk)
  from capsules c, capsule_use(c.status, c.vcpus, c.memory_mb, c.disk_mb) u
 where c.status not in ('stopped', 'error')
 group by c.team_id;
