-- Until when a recipient is on probation, ms, after its suppression for persistent deferral has expired; and until when it will be after an
-- active one expires.
alter table desist.recipient add column probation_until bigint;
alter table desist.suppression add column probation_until bigint;

create index recipient_probation on desist.recipient (coalesce(suppress_at, 9007199254740991), id) where probation_until is not null;
create index recipient_probation_of_tenant on desist.recipient (tenant, coalesce(suppress_at, 9007199254740991), id)
where probation_until is not null;

create or replace view desist.suppression_list as
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
       to_timestamp(s.updated_at / 1000.0) as updated_at,
       s.created_by,
       s.note,
       s.source,
       s.provider,
       to_timestamp(s.probation_until / 1000.0) as probation_until,
       s.subdomains
from desist.suppression s
join desist.recipient r on r.id = s.recipient_id;

create or replace view desist.recipient_status as
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
       to_timestamp(r.updated_at / 1000.0) as updated_at,
       to_timestamp(r.probation_until / 1000.0) as probation_until
from desist.recipient r
where r.state <> 'healthy' or r.probation_until is not null;
