-- Which tenants a login may read as desist_tenant_reader. A login that is not in it chooses its tenant freely.
create table desist.reader_tenant (
  login text not null,
  tenant text not null,
  primary key (login, tenant)
);

-- The tenant that this session reads: the setting `desist.tenant`, if its login may read that tenant. Null: none.
create function desist.reading_tenant() returns text
language sql stable security definer set search_path = '' as $$
  select wanted.tenant
  from (select nullif(current_setting('desist.tenant', true), '') as tenant) wanted
  where not exists (select from desist.reader_tenant b where b.login = session_user::text)
     or exists (select from desist.reader_tenant b where b.login = session_user::text and b.tenant = wanted.tenant);
$$;
