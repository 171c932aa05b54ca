-- What became of commands that somebody waits for: a row is made before the command is appended, and the commit that folds it fills it in.
-- Deleted after a day.
create table desist.command_outcome (
  tenant text not null,
  id text not null,
  -- Null: not folded yet.
  outcome text check (outcome in ('applied', 'dead_letter')),
  reason text,
  detail text,
  -- Published changes that it brought about.
  changes integer not null default 0,
  -- ms
  at bigint not null,
  primary key (tenant, id)
);
create index command_outcome_at on desist.command_outcome (at);

-- Records of the input that are not as they should be, by kind: reasons of dead letters, and `other_partitioner`. Counted with the commit.
create table desist.record_fault (
  partition integer not null,
  kind text not null,
  count bigint not null,
  last_offset bigint not null,
  -- ms
  last_at bigint not null,
  primary key (partition, kind)
) with (fillfactor = 50);
