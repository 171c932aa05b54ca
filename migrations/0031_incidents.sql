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

create or replace view desist.recipient_evidence as
select r.tenant,
       r.address,
       to_timestamp((f.fact ->> 'at')::bigint / 1000.0) as at,
       case when f.fact ->> 'kind' = 'failure' then f.fact ->> 'type' else f.fact ->> 'kind' end as type,
       coalesce(f.fact ->> 'stream', f.fact ->> 'scope') as scope,
       f.fact ->> 'message' as message_id,
       j.judged -> 'verdict' ->> 'category' as category,
       j.judged -> 'verdict' ->> 'attribution' as attribution,
       j.judged -> 'verdict' ->> 'rule' as rule,
       j.judged ->> 'reply' as reply,
       j.judged ->> 'provider' as provider,
       1 + coalesce((f.fact ->> 'merged')::integer, 0) as events,
       f.fact ->> 'by' as by,
       f.fact ->> 'note' as note,
       -- Holds it back: it counts for nothing.
       f.fact ->> 'incident' as incident
from desist.recipient r
cross join lateral (select r.evidence::jsonb as evidence) e
cross join lateral jsonb_array_elements(coalesce(e.evidence -> 'facts', '[]'::jsonb)) with ordinality as f (fact, place)
left join lateral (select e.evidence -> 'judged' -> (f.fact ->> 'judged')::integer as judged) j on f.fact ->> 'kind' = 'failure';

create or replace view desist.recipient_history as
select r.tenant,
       r.address,
       e.version,
       e.type,
       d.detail ->> 'from' as state_from,
       d.detail ->> 'to' as state_to,
       d.detail -> 'suppression' ->> 'scope' as scope,
       d.detail -> 'suppression' ->> 'reason' as reason,
       d.detail ->> 'cause' as cause,
       to_timestamp(e.effective_at / 1000.0) as effective_at,
       to_timestamp(e.recorded_at / 1000.0) as recorded_at,
       d.detail -> 'evidence' ->> 'category' as category,
       d.detail -> 'evidence' ->> 'rule' as rule,
       d.detail -> 'evidence' ->> 'reply' as reply,
       (d.detail -> 'evidence' ->> 'failures')::integer as failures,
       d.detail ->> 'policy' as policy,
       d.detail ->> 'incident' as incident
from desist.recipient_event e
join desist.recipient r on r.id = e.recipient_id
cross join lateral (select e.detail::jsonb as detail) d;

do $$
begin
  grant select on desist.incidents to desist_reader;
exception
  when undefined_object or insufficient_privilege then
  raise notice 'desist_reader does not exist here: the view is for the owner';
end $$;
