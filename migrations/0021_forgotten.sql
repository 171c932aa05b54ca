-- Who was erased, by keyed hash: nothing here is readable. `blocks`: the suppressions that held then and go on to forbid sending,
-- as JSON; `version`: the last one given, so that a new recipient of that address never repeats a change's id; `at`: events up to
-- this moment (ms) are those of the erased.
create table desist.forgotten (
  tenant text not null,
  hash text not null,
  partition integer not null,
  version bigint not null,
  at bigint not null,
  blocks text not null,
  primary key (tenant, hash)
);
create index forgotten_partition on desist.forgotten (partition);

-- Erasures under way: the journal is cleaned once the last change has been relayed. A row stands here for seconds.
create table desist.erasure (
  tenant text not null,
  address text not null,
  partition integer not null,
  -- Of the `forget` record in the input, and of the last change that the outbox has for it.
  record_offset bigint not null,
  number bigint not null,
  primary key (tenant, address)
);

-- The key of the hashes: its fingerprint, so that no process works with another one; the key itself only when no setting gives it.
create table desist.hash_key (
  single boolean primary key default true check (single),
  fingerprint text not null,
  key text
);
