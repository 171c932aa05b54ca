-- How far each partition of a provider's topic was taken over into the log, fenced like the checkpoint.
create table desist.feed_position (
  feed text not null,
  partition integer not null,
  epoch bigint not null default 0,
  next_offset bigint,
  state text,
  owner text,
  updated_at timestamptz not null default now(),
  primary key (feed, partition)
) with (fillfactor = 50);

-- Who a message went to, sealed with the message's own id: no address can be read here.
create table desist.message_memory (
  name text primary key,
  mark text not null,
  sealed text not null,
  several boolean not null,
  kept_until bigint not null
);
create index message_memory_kept_until on desist.message_memory (kept_until);
