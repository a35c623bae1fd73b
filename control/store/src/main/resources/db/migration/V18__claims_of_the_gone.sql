-- Who attends to a delivery, so that others see at once when its control plane is gone: each holds
-- the advisory lock of its name on a connection of its own.

alter table deliveries add column claimed_by text;
create index deliveries_claimed on deliveries (claimed_by) where claimed_by is not null;
