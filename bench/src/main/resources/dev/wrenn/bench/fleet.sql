-- Running capsules of the installation's team, spread evenly over the simulated hosts. Triggers count
-- them as they count others, which holds the hosts' rows: not longer than heartbeats can wait.
create temporary table simulated as
select id, row_number() over (order by id) - 1 as n, count(*) over () as all_hosts
  from hosts where provider = '%2$s';
do $$
begin
    for base in 0 .. %1$d - 1 by 25 loop
        insert into capsules (id, team_id, created_by, template_team_id, template_id, template_name,
            host_id, status, vcpus, memory_mb, disk_mb, timeout_sec, incarnation, version,
            created_at, updated_at, started_at, last_active_at, host_ip, guest_ip)
        select gen_random_uuid(), k.team_id, k.created_by, '00000000-0000-0000-0000-000000000000',
               '00000000-0000-0000-0000-000000000000', 'minimal', h.id, 'running', 1, 512, 5120, 0,
               1, 1, now() - g * interval '1 ms', now(), now(), now(), '10.11.0.2', '169.254.0.21'
          from (select team_id, created_by from api_keys order by created_at limit 1) k,
               generate_series(base, least(base + 24, %1$d - 1)) g
          join simulated h on h.n = g %% h.all_hosts;
        commit;
    end loop;
end $$;
vacuum analyze capsules;
vacuum analyze hosts;
vacuum analyze team_loads;
vacuum analyze team_uses;
select c.id, c.host_id from capsules c join hosts h on h.id = c.host_id where h.provider = '%2$s';
