-- The published changes in the order in which each partition published them: its sequence numbers are dense and become visible in order, for
-- the checkpoint's lock gives them out. The incarnation of the database stands above 2^35, so that what follows a return to a back-up comes
-- behind all that was there before. Null: published before this migration, or by an engine of an earlier version.
alter table desist.recipient_event add column partition integer, add column sequence bigint;
create index recipient_event_sequence on desist.recipient_event (partition, sequence) where sequence is not null;

-- Published changes that are about an incident and about no recipient. `tenant` is * for an incident of all of them.
create table desist.incident_event (
  partition integer not null,
  sequence bigint not null,
  tenant text not null,
  recorded_at bigint not null,
  change text not null,
  primary key (partition, sequence)
);

-- Up to which number changes were deleted by age: who has read less has missed some.
create table desist.change_floor (
  partition integer primary key,
  sequence bigint not null
) with (fillfactor = 50);
