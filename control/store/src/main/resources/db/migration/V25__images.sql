-- Templates made of images of containers, which say where their programs begin and what they run.

alter table template_builds add column image jsonb; -- source, digest, defaults

alter table templates add column default_directory text not null default '';
alter table templates add column default_entrypoint jsonb not null default '[]';
