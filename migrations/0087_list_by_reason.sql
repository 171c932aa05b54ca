-- The list by reason, by stream and by tenant, each in its own order: without these, a page of what is rare reads all of it. Of streams, only
-- entries that are of one; most entries hold for all.
create index suppression_reason on desist.suppression (reason, recipient_id, scope);
create index suppression_scope on desist.suppression (scope, recipient_id, reason) where scope <> '*';
create index recipient_tracked_of_tenant on desist.recipient (tenant, id) where tracked;
