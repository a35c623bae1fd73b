-- What hosts have promised, counted by the database itself: whoever adds to it locks the host's row,
-- so that two that are placed at once are two one after the other.

alter table hosts
    add column reserved_memory_mb bigint not null default 0,
    add column reserved_vcpus bigint not null default 0,
    add column reserved_disk_mb bigint not null default 0;

-- What a capsule takes of its host. One that is paused takes no processor, half of its memory, as
-- it may want it back, and two thirds of its disk.
create function capsule_share(
    status text, memory_mb integer, vcpus integer, disk_mb integer,
    out memory bigint, out cpus bigint, out disk bigint
) language sql immutable as $$
    select case when status in ('stopped', 'error') then 0
                when status in ('paused', 'hibernated') then (memory_mb + 1) / 2
                else memory_mb end,
           case when status in ('stopped', 'error', 'paused', 'hibernated') then 0 else vcpus end,
           case when status in ('stopped', 'error') then 0
                when status in ('paused', 'hibernated') then disk_mb * 2 / 3
                else disk_mb end
$$;

create function capsules_reserve() returns trigger language plpgsql as $$
declare
    before record;
    after record;
begin
    if tg_op <> 'INSERT' then
        select * into before
          from capsule_share(old.status, old.memory_mb, old.vcpus, old.disk_mb);
    end if;
    if tg_op <> 'DELETE' then
        select * into after
          from capsule_share(new.status, new.memory_mb, new.vcpus, new.disk_mb);
    end if;
    if tg_op = 'UPDATE' and old.host_id = new.host_id then
        if before is distinct from after then
            update hosts
               set reserved_memory_mb = reserved_memory_mb + after.memory - before.memory,
                   reserved_vcpus = reserved_vcpus + after.cpus - before.cpus,
                   reserved_disk_mb = reserved_disk_mb + after.disk - before.disk
             where id = new.host_id;
        end if;
        return null;
    end if;
    if tg_op <> 'INSERT' then
        update hosts
           set reserved_memory_mb = reserved_memory_mb - before.memory,
               reserved_vcpus = reserved_vcpus - before.cpus,
               reserved_disk_mb = reserved_disk_mb - before.disk
         where id = old.host_id;
    end if;
    if tg_op <> 'DELETE' then
        update hosts
           set reserved_memory_mb = reserved_memory_mb + after.memory,
               reserved_vcpus = reserved_vcpus + after.cpus,
               reserved_disk_mb = reserved_disk_mb + after.disk
         where id = new.host_id;
    end if;
    return null;
end $$;
create trigger capsules_reserve
    after insert or delete or update of status, host_id, memory_mb, vcpus, disk_mb on capsules
    for each row execute function capsules_reserve();

update hosts h
   set reserved_memory_mb = s.memory, reserved_vcpus = s.cpus, reserved_disk_mb = s.disk
  from (select c.host_id, sum(x.memory) as memory, sum(x.cpus) as cpus, sum(x.disk) as disk
          from capsules c, capsule_share(c.status, c.memory_mb, c.vcpus, c.disk_mb) x
         group by c.host_id) s
 where s.host_id = h.id;
