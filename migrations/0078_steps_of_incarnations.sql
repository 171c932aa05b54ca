-- Incarnations count steps of 1/1024 of an hour instead of hours: two returns of a database within an hour then differ although the second one
-- has forgotten the first. Places in the feed stay what they are: hours * 2^35 is steps * 2^25.
update desist.incarnation set incarnation = incarnation * 1024 where incarnation > 0;
update desist.checkpoint set incarnation = incarnation * 1024, audited_incarnation = audited_incarnation * 1024
  where incarnation > 0 or audited_incarnation > 0;

-- A number may be larger than the places of a step, so the place does not say which incarnation it is of. Null: published by an engine of an
-- earlier version, the hours are sequence / 2^35.
alter table desist.recipient_event add column incarnation bigint;
