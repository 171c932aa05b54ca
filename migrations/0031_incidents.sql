-- What was decided about incidents: many recipients of one provider fail together, so what fails inside counts against nobody.
create table desist.incident (
  id text primary key,
  origin text not null check (origin in ('detected', 'operator')),
  revision integer not null,
  -- The revision that every partition of the log has.
  told integer not null,
  action text not null,
  holds boolean not null,
  open boolean not null,
  tenant text,
  provider text,
  domain text,
  code text,
  part text,
  from_at bigint not null,
  until_at bigint,
  -- When the last decision was made, on the partition clocks.
  decided_at bigint not null,
  summary text,
  by text,
  note text,
  created_at bigint not null
);
-- A provider has one incident at a time that noticed itself, whichever process notices it.
create unique index incident_open on desist.incident (provider) where open;
create index incident_untold on desist.incident (id) where told < revision;
create index incident_created on desist.incident (created_at, id);

-- What each partition was told, written with its checkpoint, and how far it is carried out.
create table desist.incident_known (
  partition integer not null,
  id text not null,
  revision integer not null,
  incident text not null,
  until_at bigint,
  done boolean not null,
  looked bigint not null,
  changed bigint not null,
  primary key (partition, id)
) with (fillfactor = 50);

-- What each partition counts of each provider, by quarters of an hour.
create table desist.incident_count (
  partition integer not null,
  provider text not null,
  at bigint not null,
  failing integer not null,
  delivered bigint not null,
  -- Codes and sample replies, without addresses; null when nobody failed.
  detail text,
  primary key (provider, at, partition)
) with (fillfactor = 70);
create index incident_count_at on desist.incident_count (at);
create index incident_count_partition on desist.incident_count (partition, at);

create view desist.incidents as
select id,
       origin,
       case when open then 'open' when holds then 'held back' else 'not held back' end as state,
       tenant,
       provider,
       domain,
       code,
       part as text,
       to_timestamp(from_at / 1000.0) as began_at,
       to_timestamp(until_at / 1000.0) as ended_at,
       (summary::jsonb ->> 'failing')::integer as failing,
       (summary::jsonb ->> 'delivered')::bigint as delivered,
       summary::jsonb -> 'codes' as codes,
       summary::jsonb -> 'samples' as samples,
       by,
       note,
       to_timestamp(created_at / 1000.0) as created_at
from desist.incident;

do $$
begin
  grant select on desist.incidents to desist_reader;
exception
  when undefined_object or insufficient_privilege then
  raise notice 'desist_reader does not exist here: the view is for the owner';
end $$;
