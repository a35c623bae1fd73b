-- 1,000 events of the one team that has channels, as the control plane appends them.
with row as (
    insert into audit_logs (id, team_id, actor_type, actor_name, resource_type, resource_id,
        action, scope, status)
    select gen_random_uuid(), c.team_id, 'user', 'bench', 'sandbox', 'cl-' || g % 64, 'create',
           'team', 'success'
      from (select team_id from channels limit 1) c, generate_series(1, 1000) g
    returning id)
insert into audit_outbox (audit_id, event) select id, 'capsule.created' from row;
