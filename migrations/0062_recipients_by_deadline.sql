-- Who is not healthy, the next deadline first: of everybody, and of one tenant. Those without a deadline come last, at the largest moment
-- that every reader can hold. A recipient's row moves in these indexes when its state or its deadline changes, not with each failure.
create index recipient_deadline on desist.recipient (coalesce(suppress_at, 9007199254740991), id) where state <> 'healthy';
create index recipient_deadline_of_tenant on desist.recipient (tenant, coalesce(suppress_at, 9007199254740991), id)
  where state <> 'healthy';
