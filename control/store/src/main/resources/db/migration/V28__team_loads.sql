-- What teams run, as changes: the sum of a team's rows up to a time is what it had then. Written by
-- the database itself with whatever changes a capsule, so that there is no gap and nothing is counted
-- twice; rows of long ago are made one by the control planes.

create table team_loads (
    id bigint generated always as identity,
    team_id uuid not null references teams (id),
    at timestamptz not null default clock_timestamp(),
    running bigint not null,
    vcpus bigint not null,
    memory_mb bigint not null,
    primary key (team_id, at, id)
);
create index team_loads_by_time on team_loads (at); -- what has become old

create function capsule_load(
    status text, memory_mb integer, vcpus integer,
    out running bigint, out cpus bigint, out memory bigint
) language sql immutable as $$
    select case when status in ('stopped', 'error', 'paused', 'hibernated') then 0 else 1 end,
           s.cpus, s.memory
      from capsule_share(status, memory_mb, vcpus, 0) s
$$;

create function capsules_tell_load() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into team_loads (team_id, running, vcpus, memory_mb)
        select new.team_id, a.running, a.cpus, a.memory
          from capsule_load(new.status, new.memory_mb, new.vcpus) a
         where a.memory <> 0;
    elsif tg_op = 'DELETE' then
        insert into team_loads (team_id, running, vcpus, memory_mb)
        select old.team_id, -b.running, -b.cpus, -b.memory
          from capsule_load(old.status, old.memory_mb, old.vcpus) b
         where b.memory <> 0;
    else
        insert into team_loads (team_id, running, vcpus, memory_mb)
        select new.team_id, a.running - b.running, a.cpus - b.cpus, a.memory - b.memory
          from capsule_load(new.status, new.memory_mb, new.vcpus) a,
               capsule_load(old.status, old.memory_mb, old.vcpus) b
         where a is distinct from b;
    end if;
    return null;
end $$;
create trigger capsules_tell_load
    after insert or delete or update of status, memory_mb, vcpus on capsules
    for each row execute function capsules_tell_load();

insert into team_loads (team_id, running, vcpus, memory_mb)
select c.team_id, sum(l.running), sum(l.cpus), sum(l.memory)
  from capsules c, capsule_load(c.status, c.memory_mb, c.vcpus) l
 where c.status not in ('stopped', 'error')
 group by c.team_id;
