-- Replies that refused tries for the sender's fault, by quarter of an hour: added to with each commit.
create table desist.sender_reply (
  tenant text not null,
  provider text not null,
  -- Start, ms.
  at bigint not null,
  pool text not null,
  category text not null,
  code text not null,
  partition integer not null,
  events bigint not null,
  -- A bit for each recipient, by a hash: how many there are, about.
  recipients integer not null,
  -- An example, without addresses.
  reply text,
  primary key (tenant, provider, at, pool, category, code, partition)
) with (fillfactor = 70);
create index sender_reply_at on desist.sender_reply (at);

-- What is looked for every 15 s: only tenants and providers with such replies.
create index rollup_quarter_sender on desist.rollup_quarter (at) where family = 'events' and attribution = 'sender';

-- What was decided: a provider refuses a tenant's mail, or that of one of its pools, for what is the sender's fault. Holds nothing back.
create table desist.sender_incident (
  id text primary key,
  -- 1: opened; 2: closed.
  revision integer not null,
  -- The revision that the log has, and the one that its partition has published, written with the checkpoint.
  told integer not null,
  published integer not null default 0,
  open boolean not null,
  tenant text not null,
  provider text not null,
  -- Null: of all pools.
  pool text,
  from_at bigint not null,
  until_at bigint,
  decided_at bigint not null,
  -- The partition that publishes it.
  partition integer not null,
  summary text not null,
  created_at bigint not null
);
create unique index sender_incident_open on desist.sender_incident (tenant, provider, coalesce(pool, '')) where open;
create index sender_incident_untold on desist.sender_incident (id) where told < revision;
create index sender_incident_created on desist.sender_incident (created_at, id);
create index sender_incident_tenant on desist.sender_incident (tenant, provider, until_at);

-- Both kinds. What does not apply is null.
create or replace view desist.incidents as
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
       to_timestamp(created_at / 1000.0) as created_at,
       'provider' as kind,
       null::text as pool,
       null::bigint as tries,
       null::bigint as refused,
       (summary::jsonb ->> 'usualShare')::float8 as usual_share,
       null::jsonb as replies
from desist.incident
union all
select id,
       'detected',
       case when open then 'open' else 'over' end,
       tenant,
       provider,
       null,
       null,
       null,
       to_timestamp(from_at / 1000.0),
       to_timestamp(until_at / 1000.0),
       null,
       null,
       null,
       null,
       null,
       null,
       to_timestamp(created_at / 1000.0),
       'sender',
       pool,
       (summary::jsonb ->> 'tries')::bigint,
       (summary::jsonb ->> 'refused')::bigint,
       (summary::jsonb ->> 'usualShare')::float8,
       summary::jsonb -> 'replies'
from desist.sender_incident;
