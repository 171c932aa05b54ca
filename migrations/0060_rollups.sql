-- What happened, by quarter of an hour and by hour, added to with each commit. What does not apply is the empty text, or 0.
-- Families: events; domains; waits (type: delivery or greylisting); changes (category: the reason of the suppression).
create table desist.rollup_quarter (
  family text not null,
  -- Start, ms.
  at bigint not null,
  partition integer not null,
  tenant text not null,
  provider text not null,
  stream text not null,
  pool text not null,
  domain text not null,
  type text not null,
  category text not null,
  attribution text not null,
  upper_bound integer not null,
  events bigint not null,
  primary key (family, at, tenant, provider, stream, pool, domain, type, category, attribution, upper_bound, partition)
) partition by range (at);
create table desist.rollup_hour (
  family text not null,
  at bigint not null,
  partition integer not null,
  tenant text not null,
  provider text not null,
  stream text not null,
  pool text not null,
  domain text not null,
  type text not null,
  category text not null,
  attribution text not null,
  upper_bound integer not null,
  events bigint not null,
  primary key (family, at, tenant, provider, stream, pool, domain, type, category, attribution, upper_bound, partition)
) partition by range (at);
-- Whatever has no partition of its own: mostly what was there before this version, so nothing depends on a clock.
create table desist.rollup_quarter_default partition of desist.rollup_quarter default;
create table desist.rollup_hour_default partition of desist.rollup_hour default;

-- Counts that are committed and not added to the rows yet: a claim reads them, and its owner adds them within seconds.
create table desist.rollup_pending (
  partition integer not null,
  id bigint generated always as identity,
  body text not null,
  primary key (partition, id)
);

-- A partition for the month of this moment (ms) and the two after it, and none for what is older than it is kept: quarters 15 days, hours
-- 13 months. Called by `desist migrate` and by engines. Whoever may not create tables goes without: the default partition takes everything.
create function desist.keep_rollups(present bigint) returns integer
language plpgsql as $$
declare
  keeps record;
  month timestamptz;
  name text;
  low bigint;
  high bigint;
  old record;
  done integer := 0;
begin
  -- One at a time; whoever comes second has nothing to do.
  if not pg_try_advisory_xact_lock(7345002) then
    return 0;
  end if;
  for keeps in
    select * from (values ('rollup_quarter', interval '15 days'), ('rollup_hour', interval '396 days')) as k (parent, kept)
  loop
    for step in 0..2 loop
      month := date_trunc('month', to_timestamp(present / 1000.0) at time zone 'UTC') at time zone 'UTC';
      low := extract(epoch from (month at time zone 'UTC' + make_interval(months => step)) at time zone 'UTC') * 1000;
      high := extract(epoch from (month at time zone 'UTC' + make_interval(months => step + 1)) at time zone 'UTC') * 1000;
      name := format('%s_%s', keeps.parent, to_char(to_timestamp(low / 1000.0) at time zone 'UTC', 'YYYY_MM'));
      continue when to_regclass(format('desist.%I', name)) is not null;
      execute format('create table desist.%I (like desist.%I including all)', name, keeps.parent);
      execute format('with moved as (delete from desist.%I where at >= %s and at < %s returning *) insert into desist.%I select * from moved',
        keeps.parent || '_default', low, high, name);
      execute format('alter table desist.%I attach partition desist.%I for values from (%s) to (%s)', keeps.parent, name, low, high);
      done := done + 1;
    end loop;
    for old in
      select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = format('desist.%I', keeps.parent)::regclass and c.relname ~ '_\d{4}_\d{2}$'
        and (to_timestamp(right(c.relname, 7) || '_01 00', 'YYYY_MM_DD HH24')::timestamp + interval '1 month') at time zone 'UTC'
          < to_timestamp(present / 1000.0) - keeps.kept
    loop
      execute format('drop table desist.%I', old.relname);
      done := done + 1;
    end loop;
    execute format('delete from desist.%I where at < %s', keeps.parent || '_default',
      present - (extract(epoch from keeps.kept) * 1000)::bigint);
  end loop;
  return done;
exception
  -- The next call tries again: a report may hold a table, or this user may not create one.
  when insufficient_privilege or lock_not_available or query_canceled or deadlock_detected then
    return -1;
end $$;

-- The contract's views, and the same by quarter. Rows of a span of time are found by the primary key.
create view desist.traffic_hourly as
select tenant, to_timestamp(at / 1000.0) as hour, provider, stream, nullif(pool, '') as pool, type,
       nullif(category, '') as category, nullif(attribution, '') as attribution, sum(events)::bigint as events
from desist.rollup_hour where family = 'events'
group by tenant, at, provider, stream, pool, type, category, attribution;

create view desist.traffic_quarterly as
select tenant, to_timestamp(at / 1000.0) as quarter, provider, stream, nullif(pool, '') as pool, type,
       nullif(category, '') as category, nullif(attribution, '') as attribution, sum(events)::bigint as events
from desist.rollup_quarter where family = 'events'
group by tenant, at, provider, stream, pool, type, category, attribution;

create view desist.wait_hourly as
select tenant, to_timestamp(at / 1000.0) as hour, provider, type as kind, nullif(upper_bound, 2147483647) as upper_bound,
       sum(events)::bigint as events
from desist.rollup_hour where family = 'waits'
group by tenant, at, provider, type, upper_bound;

create view desist.wait_quarterly as
select tenant, to_timestamp(at / 1000.0) as quarter, provider, type as kind, nullif(upper_bound, 2147483647) as upper_bound,
       sum(events)::bigint as events
from desist.rollup_quarter where family = 'waits'
group by tenant, at, provider, type, upper_bound;

-- What became of messages that were deferred, by the hour of their first deferral.
create view desist.deferred_messages_hourly as
select tenant, to_timestamp(at / 1000.0) as hour, provider, domain,
       coalesce(sum(events) filter (where type = 'deferred_message'), 0)::bigint as deferred,
       coalesce(sum(events) filter (where type = 'delivered_message'), 0)::bigint as delivered,
       coalesce(sum(events) filter (where type = 'given_up_message'), 0)::bigint as given_up
from desist.rollup_hour where family = 'domains' and type in ('deferred_message', 'delivered_message', 'given_up_message')
group by tenant, at, provider, domain;

create view desist.domain_hourly as
select tenant, to_timestamp(at / 1000.0) as hour, provider, domain, type, sum(events)::bigint as events
from desist.rollup_hour where family = 'domains' and type not like '%\_message'
group by tenant, at, provider, domain, type;

create view desist.changes_hourly as
select tenant, to_timestamp(at / 1000.0) as hour, provider, type, nullif(category, '') as reason, sum(events)::bigint as changes
from desist.rollup_hour where family = 'changes'
group by tenant, at, provider, type, category;
