-- A claim reads the first waiting deliveries of a channel by event number. Only the index over what
-- waits may give that order: an index that holds delivered ones as well costs their number at each
-- claim, and is chosen when statistics are older than the backlog.

drop index deliveries_by_event;
create index deliveries_by_event on deliveries using hash (event_number); -- removal of an event
drop index deliveries_by_channel;
create index deliveries_by_channel on deliveries (channel_id, created_at desc, event_number desc);
drop index deliveries_in_order; -- a window has the order of each resource
