-- How many recipients are looked at, by state, and how many suppressions there are, by scope and reason: written with each commit, so
-- that nobody counts the tables. Rows of their own for each partition, so that commits of two partitions never wait for one another.
create table desist.recipient_count (
  partition integer not null,
  state text not null,
  count bigint not null,
  primary key (partition, state)
) with (fillfactor = 50);

create table desist.suppression_count (
  partition integer not null,
  scope text not null,
  reason text not null,
  count bigint not null,
  primary key (partition, scope, reason)
) with (fillfactor = 50);

-- A commit updates its checkpoint first: from here to the end of this migration there is none.
lock table desist.checkpoint in share row exclusive mode;
insert into desist.recipient_count (partition, state, count)
select partition, state, count(*) from desist.recipient where tracked group by partition, state;
insert into desist.suppression_count (partition, scope, reason, count)
select r.partition, s.scope, s.reason, count(*)
from desist.suppression s join desist.recipient r on r.id = s.recipient_id
group by r.partition, s.scope, s.reason;
