-- What people search the list by. None of these columns changes after the insert, so updates of a recipient stay HOT.
create index recipient_domain on desist.recipient (split_part(address, '@', 2), id);
-- Of another collation than the column: for `like` only, so that a look-up by tenant and address keeps its own index.
create index recipient_prefix on desist.recipient (address collate "C");
create index suppression_since on desist.suppression (since);
-- The history is deleted by age; rows come in order of time, so a block range index is enough.
create index recipient_event_age on desist.recipient_event using brin (recorded_at) with (pages_per_range = 32);
