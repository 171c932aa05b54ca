-- How often the database went back in time, as a number that only rises, and which database said so last: the same row in another
-- database, or on another timeline, is a copy of the past.
create table desist.incarnation (
  single boolean primary key default true check (single),
  incarnation bigint not null default 0,
  identity text not null,
  changed_at timestamptz not null default now()
);

alter table desist.checkpoint
  -- Drawn anew by each claim: on two timelines two owners can get the same epoch, and only one of them this.
  add column nonce text not null default gen_random_uuid()::text,
  -- The start of the server that the claim was made on: a claim ends with it. What a copy carries along is nobody's claim.
  add column server_started timestamptz,
  add column incarnation bigint not null default 0,
  -- The topics are known to say what the tables say since this incarnation began.
  add column audited_incarnation bigint not null default 0,
  -- The log that the offsets belong to; null: not bound yet.
  add column log text,
  -- The last record that was folded, to be found again in the log; null: not known.
  add column last_offset bigint,
  add column last_time bigint,
  add column last_key integer;

-- Tells one journal from another: offsets of the one mean nothing in the other.
alter table desist.journal_topic add column id text not null default gen_random_uuid()::text;
