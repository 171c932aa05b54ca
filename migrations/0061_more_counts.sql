-- More counters that are written with each commit: how many recipients a deadline will suppress, by the hour of the deadline; how many
-- allowances there are.
create table desist.deadline_count (
  partition integer not null,
  -- Start of the hour, ms.
  hour bigint not null,
  count bigint not null,
  primary key (partition, hour)
) with (fillfactor = 50);

create table desist.allowance_count (
  partition integer not null,
  scope text not null,
  count bigint not null,
  primary key (partition, scope)
) with (fillfactor = 50);

-- A commit updates its checkpoint first: from here to the end of this migration there is none.
lock table desist.checkpoint in share row exclusive mode;
insert into desist.deadline_count (partition, hour, count)
select partition, suppress_at - suppress_at % 3600000, count(*) from desist.recipient
where tracked and suppress_at is not null group by 1, 2;
insert into desist.allowance_count (partition, scope, count)
select r.partition, a.scope, count(*) from desist.allowance a join desist.recipient r on r.id = a.recipient_id group by 1, 2;
