-- Whoever makes a snapshot template renews its lease; one that nobody renews is given up.
alter table templates add column leased_until timestamptz;
update templates set leased_until = now() where state = 'saving';
alter table templates add constraint templates_leased check (state <> 'saving' or leased_until is not null);
