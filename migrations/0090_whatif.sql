-- What-if jobs: another policy on the log that is still there. No address is kept: the result is counts.
create table desist.whatif (
  id text primary key,
  -- What the same question has in common, while it is not answered.
  resume_key text not null,
  -- Null: of all tenants.
  tenant text,
  -- The text of the policy file.
  policy text not null,
  -- Events before this moment are left out, ms; null: none.
  since bigint,
  by text,
  key_name text,
  -- waiting, running, stopped, done or failed
  state text not null,
  -- Who runs it; null: nobody.
  owner text,
  -- Records that were read, and of how many; null: not known yet.
  done bigint not null,
  total bigint,
  -- JSON; null: not done.
  result text,
  -- Why it failed.
  problem text,
  -- ms
  started_at bigint not null,
  updated_at bigint not null
) with (fillfactor = 70);
create unique index whatif_resume on desist.whatif (resume_key) where state not in ('done', 'failed');
create index whatif_started on desist.whatif (started_at, id);
create index whatif_open on desist.whatif (started_at, id) where state in ('waiting', 'running');
