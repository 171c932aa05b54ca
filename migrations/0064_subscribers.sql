-- HTTP subscribers to the published changes. `tenant` is * for one to every tenant.
create table desist.subscriber (
  id text primary key,
  tenant text not null,
  url text not null,
  -- JSON array; null: every type.
  types text,
  -- Changes in one request at most; null: one, and not in an array.
  batch integer,
  description text,
  state text not null default 'active',
  reason text,
  problem text,
  created_by text,
  created_at bigint not null,
  changed_at bigint not null
);
create index subscriber_of_tenant on desist.subscriber (tenant, id);

-- Signing needs the secrets themselves, so they are stored as they are. No role but the owner's may read them.
create table desist.subscriber_secret (
  subscriber_id text not null references desist.subscriber (id) on delete cascade,
  number integer not null,
  secret text not null,
  -- Null: until it is replaced.
  expires_at bigint,
  primary key (subscriber_id, number)
);

-- Up to where a subscriber has the changes of a partition, who delivers them now, and how that goes.
create table desist.subscriber_cursor (
  subscriber_id text not null references desist.subscriber (id) on delete cascade,
  partition integer not null,
  place bigint not null,
  -- Where the request ends that may have been sent.
  planned bigint,
  -- Changes before `place` were skipped, and the subscriber was not told yet.
  gap boolean not null default false,
  owner text,
  fence bigint not null default 0,
  leased_until bigint,
  looked_at bigint,
  -- More is left: it may be claimed without a wait.
  again boolean not null default true,
  failures integer not null default 0,
  failing_since bigint,
  retry_at bigint,
  problem text,
  delivered_at bigint,
  -- Requests that were noted: the slot of the next one follows from it.
  tries bigint not null default 0,
  primary key (subscriber_id, partition)
) with (fillfactor = 50);

-- The last requests, in a ring of each subscriber and partition; tests and what was sent again by hand have one of their own, -1.
create table desist.subscriber_try (
  subscriber_id text not null references desist.subscriber (id) on delete cascade,
  ring integer not null,
  slot integer not null,
  number bigint not null,
  kind text not null,
  message_id text not null,
  -- Null: a test.
  partition integer,
  after bigint not null,
  up_to bigint not null,
  changes integer not null,
  attempt integer not null,
  at bigint not null,
  duration integer not null,
  status integer,
  problem text,
  primary key (subscriber_id, ring, slot)
) with (fillfactor = 50);
