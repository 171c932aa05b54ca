-- Desist's schema. Moments are milliseconds since the epoch (bigint) in tables and timestamptz in the views.
-- One row per partition of the input: the only commit point.
create table desist.checkpoint (
  partition integer primary key,
  epoch bigint not null default 0,
  next_offset bigint not null default 0,
  clock bigint not null default 0,
  next_number bigint not null default 1,
  attempts integer not null default 0,
  stopped text,
  owner text,
  updated_at timestamptz not null default now()
) with (fillfactor = 50);

-- The one table with addresses.
create table desist.recipient (
  id bigint generated always as identity primary key,
  tenant text not null,
  address text not null,
  partition integer not null,
  version bigint not null,
  tracked boolean not null,
  state text not null,
  due bigint,
  policy text not null,
  streak_started_at bigint,
  last_failure_at bigint,
  failures integer not null,
  messages integer not null,
  category text,
  provider text,
  suppress_at bigint,
  evidence text not null,
  updated_at bigint not null,
  unique (tenant, address)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
create index recipient_tracked on desist.recipient (partition, id) where tracked;

create table desist.suppression (
  recipient_id bigint not null references desist.recipient (id) on delete cascade,
  scope text not null,
  reason text not null,
  since bigint not null,
  expires_at bigint,
  category text,
  rule text,
  reply text,
  first_failure_at bigint,
  last_failure_at bigint,
  failures integer not null,
  policy text not null,
  updated_at bigint not null,
  primary key (recipient_id, scope, reason)
);

create table desist.allowance (
  recipient_id bigint not null references desist.recipient (id) on delete cascade,
  scope text not null,
  expires_at bigint,
  primary key (recipient_id, scope)
);

-- Every published change, without the address.
create table desist.recipient_event (
  recipient_id bigint not null references desist.recipient (id) on delete cascade,
  version bigint not null,
  type text not null,
  effective_at bigint not null,
  recorded_at bigint not null,
  detail text not null,
  primary key (recipient_id, version)
);

create table desist.outbox (
  partition integer not null,
  number bigint not null,
  key text not null,
  change text not null,
  lists boolean not null,
  value text,
  primary key (partition, number)
);

create table desist.dead_letter (
  partition integer not null,
  record_offset bigint not null,
  key bytea,
  value bytea,
  reason text not null,
  detail text not null,
  primary key (partition, record_offset)
);

create table desist.clock_move (
  partition integer not null,
  before_offset bigint not null,
  clock bigint not null,
  primary key (partition, before_offset, clock)
);

create view desist.suppression_list as
select r.tenant,
       r.address,
       s.scope,
       s.reason,
       s.category,
       to_timestamp(s.since / 1000.0) as since,
       to_timestamp(s.expires_at / 1000.0) as expires_at,
       to_timestamp(s.first_failure_at / 1000.0) as first_failure_at,
       to_timestamp(s.last_failure_at / 1000.0) as last_failure_at,
       s.failures,
       s.reply,
       s.rule,
       s.policy,
       to_timestamp(s.updated_at / 1000.0) as updated_at
from desist.suppression s
join desist.recipient r on r.id = s.recipient_id;

create view desist.recipient_status as
select r.tenant,
       r.address,
       r.state,
       to_timestamp(r.streak_started_at / 1000.0) as streak_started_at,
       to_timestamp(r.last_failure_at / 1000.0) as last_failure_at,
       r.failures,
       r.messages,
       r.category,
       r.provider,
       to_timestamp(r.suppress_at / 1000.0) as suppress_at,
       case
         when r.streak_started_at is null then null
         when extract(epoch from now()) * 1000 - r.streak_started_at >= 259200000
           then 'treat as a soft bounce, consider removing, report if widespread'
         when extract(epoch from now()) * 1000 - r.streak_started_at >= 86400000 then 'investigate'
         when extract(epoch from now()) * 1000 - r.streak_started_at >= 14400000 then 'check rate limits, DNS and the reply''s text'
         else 'normal'
       end as advice,
       r.version,
       to_timestamp(r.updated_at / 1000.0) as updated_at
from desist.recipient r
where r.state <> 'healthy';

do $$
begin
  if not exists (select from pg_roles where rolname = 'desist_reader') then
    create role desist_reader nologin;
  end if;
  grant usage on schema desist to desist_reader;
  grant select on desist.suppression_list, desist.recipient_status to desist_reader;
exception
  -- Roles belong to the whole server: another database's migration may make it at this moment.
  when duplicate_object or unique_violation then null;
  when insufficient_privilege then
  raise notice 'desist_reader was not created: the role that migrates may not create roles';
end $$;
