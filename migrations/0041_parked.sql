-- Why the log refuses a change or a dead letter for good; null: it waits to be published.
alter table desist.outbox add column parked text;
alter table desist.dead_letter add column parked text;
-- Nearly nothing is parked: what counts or shows it reads no other row.
create index outbox_parked on desist.outbox (partition) where parked is not null;
create index dead_letter_parked on desist.dead_letter (partition) where parked is not null;
