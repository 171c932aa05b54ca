-- Imports of other systems' lists, as jobs: whoever reads the file sends its rows part by part. Neither the file nor an address is kept.
create table desist.import (
  id text primary key,
  -- Of the file, for people.
  name text not null,
  -- What the same file with the same settings has in common, while it is not done; null: a dry run.
  resume_key text,
  -- Null: rows say whose they are.
  tenant text,
  stream text,
  import_as text,
  by text,
  key_name text,
  -- running, stopped or done
  state text not null,
  -- Rows that were read and are durable in the log.
  rows bigint not null,
  -- JSON
  counts text not null,
  -- JSON: the first rows that could not be read
  problems text not null,
  -- ms
  started_at bigint not null,
  updated_at bigint not null
) with (fillfactor = 70);
create unique index import_resume on desist.import (resume_key) where resume_key is not null and state <> 'done';
create index import_started on desist.import (started_at, id);
