-- Who did what. Beside desist.recipient the only table with addresses that stay: an erasure takes them out.
create table desist.audit_entry (
  id bigint generated always as identity primary key,
  -- ms
  at bigint not null,
  action text not null,
  -- Null: the whole installation, or several tenants.
  tenant text,
  key_id text,
  key_name text,
  -- The key is of this tenant alone.
  key_of_tenant boolean not null,
  by text,
  -- Where the caller was.
  origin text,
  address text,
  target text,
  outcome text not null,
  note text,
  -- JSON
  detail text not null,
  erased boolean not null default false
) with (fillfactor = 90);
create index audit_entry_at on desist.audit_entry (at, id);
create index audit_entry_tenant on desist.audit_entry (tenant, at, id);
create index audit_entry_address on desist.audit_entry (address, at, id) where address is not null;
