-- The quarters of an hour stand in its row: one row to write for what were up to five. Engines of the version before go on to write
-- rollup_quarter, whose rows are read beside these until they are 15 days old.
alter table desist.rollup_hour
  add column quarter_0 integer,
  add column quarter_1 integer,
  add column quarter_2 integer,
  add column quarter_3 integer;

create index rollup_hour_sender on desist.rollup_hour (at) where family = 'events' and attribution = 'sender';

create or replace view desist.traffic_quarterly as
select tenant, to_timestamp(at / 1000.0) as quarter, provider, stream, nullif(pool, '') as pool, type,
       nullif(category, '') as category, nullif(attribution, '') as attribution, sum(events)::bigint as events
from (
  select r.at + q.n * 900000 as at, tenant, provider, stream, pool, type, category, attribution, q.events
  from desist.rollup_hour r
  cross join lateral (values (0, quarter_0), (1, quarter_1), (2, quarter_2), (3, quarter_3)) as q (n, events)
  where family = 'events' and q.events <> 0
  union all
  select at, tenant, provider, stream, pool, type, category, attribution, events from desist.rollup_quarter where family = 'events') r
group by tenant, at, provider, stream, pool, type, category, attribution;

create or replace view desist.wait_quarterly as
select tenant, to_timestamp(at / 1000.0) as quarter, provider, type as kind, nullif(upper_bound, 2147483647) as upper_bound,
       sum(events)::bigint as events
from (
  select r.at + q.n * 900000 as at, tenant, provider, type, upper_bound, q.events
  from desist.rollup_hour r
  cross join lateral (values (0, quarter_0), (1, quarter_1), (2, quarter_2), (3, quarter_3)) as q (n, events)
  where family = 'waits' and q.events <> 0
  union all
  select at, tenant, provider, type, upper_bound, events from desist.rollup_quarter where family = 'waits') r
group by tenant, at, provider, type, upper_bound;
