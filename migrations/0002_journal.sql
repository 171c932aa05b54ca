-- The log as tables, for those who run no Kafka. Topics are named by their role.
create table desist.journal_topic (
  topic text primary key,
  partitions integer not null check (partitions > 0)
);

-- The counter of each partition: `high` is the next offset. Whoever holds the row's lock appends, so offsets are dense
-- and become visible in order.
create table desist.journal_partition (
  topic text not null,
  partition integer not null,
  low bigint not null default 0,
  high bigint not null default 0,
  last_time bigint not null default 0,
  primary key (topic, partition)
) with (fillfactor = 50);

-- Headers are JSON as text: jsonb refuses the character NUL, which a dead letter may well have.
create table desist.journal (
  topic text not null,
  partition integer not null,
  record_offset bigint not null,
  record_time bigint not null,
  key bytea,
  value bytea,
  headers text,
  primary key (topic, partition, record_offset)
) with (autovacuum_vacuum_scale_factor = 0.05);

-- Only `suppressions` is compacted. A key may be longer than an index entry, so its hash is indexed.
create index journal_latest on desist.journal (partition, sha256(key)) where topic = 'suppressions';
create index journal_tombstone on desist.journal (partition, record_offset) where topic = 'suppressions' and value is null;

-- Who reads which partition of the input. Liveness only: the checkpoint fences. Moments are of the database's clock.
create table desist.journal_member (
  owner text primary key,
  until bigint not null
) with (fillfactor = 50);

create table desist.journal_lease (
  partition integer primary key,
  owner text not null,
  until bigint not null
) with (fillfactor = 50);
