-- Whether suppressions were right, by the hour in which they began: roll-ups of the family `regret`, whose attribution is the reason.
-- `mail_taken` counts in the hour in which a regretted address took mail again.
create view desist.regret_hourly as
select tenant, to_timestamp(at / 1000.0) as hour, provider, domain, attribution as reason, nullif(category, '') as category,
       greatest(0, coalesce(sum(events) filter (where type = 'suppressed'), 0))::bigint as suppressed,
       greatest(0, coalesce(sum(events) filter (where type = 'regretted'), 0))::bigint as regretted,
       greatest(0, coalesce(sum(events) filter (where type = 'mail_taken'), 0))::bigint as mail_taken,
       greatest(0, coalesce(sum(events) filter (where type = 'wasted'), 0))::bigint as wasted
from desist.rollup_hour where family = 'regret'
group by tenant, at, provider, domain, attribution, category;
