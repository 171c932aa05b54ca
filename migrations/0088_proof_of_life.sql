-- How somebody showed that the mailbox is read (click, reply, login, confirmed): of facts of type `engaged`, and of changes with that cause.
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
       f.fact ->> 'incident' as incident,
       f.fact ->> 'engagement' as engagement
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
       d.detail ->> 'incident' as incident,
       d.detail ->> 'engagement' as engagement
from desist.recipient_event e
join desist.recipient r on r.id = e.recipient_id
cross join lateral (select e.detail::jsonb as detail) d;
