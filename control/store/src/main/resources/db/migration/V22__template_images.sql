-- Templates in the object store, and on other hosts than the one that made them.
alter table templates
    add column image_manifest text, -- SHA-256 of its outline; null: not in the store
    add column image_tried_at timestamptz not null default clock_timestamp();
create index templates_unpublished on templates (image_tried_at)
    where state = 'ready' and host_id is not null and image_manifest is null;

create table template_copies (
    template_id uuid not null references templates (id) on delete cascade,
    host_id uuid not null references hosts (id) on delete cascade,
    primary key (template_id, host_id)
);
