-- What a shadow policy says of a recipient, beside its row: it reaches neither the list nor the topics. Null: there is no shadow policy.
alter table desist.recipient
  -- The recipient as it is folded under it, opaque; its version.
  add column shadow text,
  add column shadow_policy text,
  add column shadow_state text,
  -- The first of what would be active.
  add column shadow_scope text,
  add column shadow_reason text,
  add column shadow_since bigint,
  add column shadow_expires_at bigint,
  -- It says something else than the row does.
  add column shadow_differs boolean not null default false;

create index recipient_shadow_differs on desist.recipient (tenant, id) where shadow_differs;

-- Recipients by who suppresses them (both, real, shadow, neither), written with each commit.
create table desist.shadow_count (
  partition integer not null,
  kind text not null,
  count bigint not null,
  primary key (partition, kind)
) with (fillfactor = 50);

-- Recipients for whom the shadow policy says something else.
create view desist.recipient_shadow as
select r.tenant,
       r.address,
       r.state,
       r.shadow_state,
       r.shadow_scope as scope,
       r.shadow_reason as reason,
       to_timestamp(r.shadow_since / 1000.0) as since,
       to_timestamp(r.shadow_expires_at / 1000.0) as expires_at,
       r.shadow_policy as policy,
       to_timestamp(r.updated_at / 1000.0) as updated_at
from desist.recipient r
where r.shadow_differs;
