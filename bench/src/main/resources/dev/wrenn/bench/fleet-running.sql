-- How many capsules run on the simulated hosts.
select count(*) from capsules c join hosts h on h.id = c.host_id
 where h.provider = '%s' and c.status = 'running';
