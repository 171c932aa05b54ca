-- API keys that are made, rotated and ended while the services run. Of a key only the hash is stored.
create table desist.api_key (
  id text primary key,
  name text not null,
  roles text[] not null,
  -- Sorted. Null: every tenant.
  tenants text[],
  -- ms
  created_at bigint not null,
  created_by text,
  expires_at bigint,
  rotated_at bigint,
  ended_at bigint,
  -- To the hour: whoever uses a key all the time writes once an hour.
  last_used_at bigint
);
create unique index api_key_name on desist.api_key (name, coalesce(tenants, array['*'])) where ended_at is null;
create index api_key_created on desist.api_key (created_at, id);

-- What stands for a key: after a rotation its earlier secrets as well, for some time.
create table desist.api_key_secret (
  -- SHA-256, hexadecimal.
  hash text primary key,
  key_id text not null references desist.api_key (id) on delete cascade,
  -- ms; null: as long as the key.
  until_at bigint
);
create index api_key_secret_key on desist.api_key_secret (key_id);

-- Rises with each change of a key, so that whoever knows all keys asks for a number. 0: there never was a key.
create table desist.api_key_revision (
  single boolean primary key default true check (single),
  revision bigint not null
);
insert into desist.api_key_revision (revision) values (0);
