-- Who made an entry, why, and what it comes from; of a domain's entry (address `@example.com`), whether it holds for the domains below it.
alter table desist.suppression
  add column created_by text,
  add column note text,
  add column source text,
  add column provider text,
  add column subdomains boolean not null default false;

-- What operators' entries of before say of themselves: the fact that opened each is kept with the recipient.
update desist.suppression s
set created_by = made.by, note = made.note
from (
  select e.recipient_id, e.scope, f.fact ->> 'by' as by, f.fact ->> 'note' as note
  from desist.suppression e
  join desist.recipient r on r.id = e.recipient_id
  cross join lateral jsonb_array_elements(coalesce(r.evidence::jsonb -> 'facts', '[]'::jsonb)) as f (fact)
  where e.reason = 'operator' and f.fact ->> 'kind' = 'suppress' and (f.fact ->> 'at')::bigint = e.since
    and (f.fact ->> 'scope' = e.scope or e.scope = '*')
) made
where s.recipient_id = made.recipient_id and s.scope = made.scope and s.reason = 'operator';

-- The few entries for domains. None of these columns changes after the insert.
create index recipient_domain_entry on desist.recipient (tenant, address) where address like '@%';

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
       null::timestamptz as probation_until,
       s.subdomains
from desist.suppression s
join desist.recipient r on r.id = s.recipient_id;
