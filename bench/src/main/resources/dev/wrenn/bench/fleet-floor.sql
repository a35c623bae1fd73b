-- What storing a capsule asks of the database, for another team (the platform's) and with a capsule
-- that has ended, which counts nowhere. Each execution is one transaction, synced as any other.
prepare floor as
with made as (
    insert into capsules (id, team_id, created_by, template_team_id, template_id, template_name,
        host_id, status, vcpus, memory_mb, disk_mb, timeout_sec, incarnation, version,
        created_at, updated_at)
    select gen_random_uuid(), '00000000-0000-0000-0000-000000000000', k.created_by,
           '00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000',
           'minimal', h.id, 'stopped', 1, 512, 5120, 0, 1, 1, clock_timestamp(), clock_timestamp()
      from (select created_by from api_keys order by created_at limit 1) k,
           (select id from hosts where provider = '%s' order by id limit 1) h,
           capsule_room('00000000-0000-0000-0000-000000000000', h.id, 64) r
     where r.team_there and r.host_there
    returning id)
select 'made ' || count(*) from made;
\timing on
