-- Whom a dead letter of the journal names, by keyed hash: an erasure finds it by an index. Null: not known, so it is searched.
alter table desist.journal add column recipients text[];
create index journal_dead_letter_recipients on desist.journal using gin (recipients) where topic = 'deadLetters' and recipients is not null;
create index journal_dead_letter_unindexed on desist.journal (partition, record_offset) where topic = 'deadLetters' and recipients is null;
