-- A foreign key looks its parent up for each row that a commit adds, by a plan that a connection keeps: made while desist.recipient was
-- small, it reads the whole table for each row. Rows are added with the ids of the recipients that the same transaction writes, under the
-- lock of their partition's checkpoint; what a key does besides, a deletion does at once for all that it deletes.
alter table desist.suppression drop constraint suppression_recipient_id_fkey;
alter table desist.allowance drop constraint allowance_recipient_id_fkey;
alter table desist.recipient_event drop constraint recipient_event_recipient_id_fkey;

create function desist.delete_of_recipients() returns trigger
language plpgsql set search_path = pg_catalog as $$
begin
  delete from desist.suppression where recipient_id in (select id from gone);
  delete from desist.allowance where recipient_id in (select id from gone);
  delete from desist.recipient_event where recipient_id in (select id from gone);
  return null;
end $$;

create trigger recipient_deleted after delete on desist.recipient
referencing old table as gone for each statement execute function desist.delete_of_recipients();
