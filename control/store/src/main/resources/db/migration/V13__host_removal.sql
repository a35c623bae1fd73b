-- Hosts that are removed. The row stays for what refers to it, such as capsules that ended there.

alter table hosts add column deleted_at timestamptz;
