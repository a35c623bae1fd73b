-- A capsule with half of all before it in a list.
select id from capsules where status = 'running'
 order by created_at desc, id desc offset (select count(*) / 2 from capsules) limit 1;
