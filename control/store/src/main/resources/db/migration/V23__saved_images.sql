-- Images of capsules in the object store. A row is there from the first pause on until nothing of
-- the capsule is in the store any more.
create table capsule_images (
    capsule_id uuid primary key references capsules (id) on delete cascade,
    -- due: to be published; published: the capsule can go on with it anywhere; stale: the capsule
    -- has gone on since; doomed: the capsule has ended
    state text not null check (state in ('due', 'published', 'stale', 'doomed')),
    manifest text, -- SHA-256 of its outline
    bytes bigint,
    held_by uuid references hosts (id) on delete set null, -- the host that may have it besides the store
    changed_at timestamptz not null
);
create index capsule_images_unsettled on capsule_images (state, changed_at)
    where state in ('due', 'doomed');

create function capsules_image() returns trigger language plpgsql as $$
begin
    if new.status = old.status then
        return null;
    end if;
    if new.status = 'paused' and old.status <> 'starting' then
        insert into capsule_images (capsule_id, state, changed_at)
        values (new.id, 'due', clock_timestamp())
        on conflict (capsule_id) do update set state = 'due', changed_at = excluded.changed_at
         -- One that was lost on its way to running: who believes its host says so, see the doubts.
         where old.status <> 'missing' or capsule_images.state <> 'published';
    elsif new.status = 'running' then
        update capsule_images set state = 'stale', changed_at = clock_timestamp()
         where capsule_id = new.id and state in ('due', 'published');
    elsif new.status = 'stopped' or new.status = 'error' and new.phase is distinct from 'damaged' then
        update capsule_images set state = 'doomed', changed_at = clock_timestamp()
         where capsule_id = new.id;
    end if;
    return null;
end $$;
create trigger capsules_image
    after update of status on capsules
    for each row execute function capsules_image();

insert into capsule_images (capsule_id, state, changed_at)
select id, 'due', clock_timestamp() from capsules where status = 'paused';
