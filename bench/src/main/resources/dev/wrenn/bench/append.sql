-- One change as a transaction without and with its event, by turns: both medians in ms.
create temporary table took (appends boolean, ms double precision);

do $$
declare
    begun timestamptz;
begin
    for i in 1..1200 loop
        begun := clock_timestamp();
        update capsules set cause = 'bench' where id = gen_random_uuid();
        if i % 2 = 1 then
            with row as (
                insert into audit_logs (id, team_id, actor_type, actor_name, resource_type,
                    resource_id, action, scope, status)
                select gen_random_uuid(), team_id, 'user', 'bench', 'sandbox', 'cl-x', 'create',
                       'team', 'success'
                  from channels limit 1
                returning id)
            insert into audit_outbox (audit_id, event) select id, 'capsule.created' from row;
        end if;
        commit;
        if i > 200 then
            insert into took
            values (i % 2 = 1, extract(epoch from clock_timestamp() - begun) * 1000);
        end if;
    end loop;
end $$;

select percentile_cont(0.5) within group (order by ms) filter (where not appends),
       percentile_cont(0.5) within group (order by ms) filter (where appends)
  from took;
