-- Comparing the topic `suppressions` with the table, one row per partition of the input: what was asked for last, and how far it came.
create table desist.audit (
  partition integer primary key,
  -- Rises with each request, so that an audit that runs notices a newer one.
  request bigint not null,
  reason text not null check (reason in ('requested', 'database_went_back', 'topic_behind')),
  state text not null check (state in ('requested', 'running', 'done', 'stopped', 'failed')),
  -- ms
  requested_at bigint not null,
  finished_at bigint,
  -- Records of the topic to be read, and how many were read; recipients that were compared, and published again.
  records bigint not null default 0,
  read bigint not null default 0,
  compared bigint not null default 0,
  mended bigint not null default 0,
  problem text
) with (fillfactor = 50);

-- Where the topic ended for a partition when it was last looked at. A topic that ends before that was made anew.
create table desist.published_end (
  partition integer primary key,
  ends_at bigint not null
) with (fillfactor = 50);
