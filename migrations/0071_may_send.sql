-- The entries that may concern an address, or a domain, besides its own: of its domain and of each domain above, the nearest one first.
create function desist.domain_entries(address text) returns setof text
language sql immutable strict parallel safe rows 3
set search_path = pg_catalog
as $$
  select '@' || array_to_string(d.labels[i:], '.')
  from (select string_to_array(split_part(address, '@', -1), '.') as labels) d, generate_series(1, cardinality(d.labels)) i
  where d.labels[i] <> ''
  order by i
$$;

-- HMAC-SHA-256 (RFC 2104) in base64url, as it stands for an erased recipient.
create function desist.keyed_hash(key text, message text) returns text
language plpgsql immutable strict parallel safe
set search_path = pg_catalog
as $$
declare
  padded bytea := convert_to(key, 'UTF8');
  inner_pad bytea;
  outer_pad bytea;
begin
  if length(padded) > 64 then
    padded := sha256(padded);
  end if;
  padded := padded || decode(repeat('00', 64 - length(padded)), 'hex');
  inner_pad := padded;
  outer_pad := padded;
  for i in 0..63 loop
    inner_pad := set_byte(inner_pad, i, get_byte(padded, i) # 54);
    outer_pad := set_byte(outer_pad, i, get_byte(padded, i) # 92);
  end loop;
  return translate(rtrim(encode(sha256(outer_pad || sha256(inner_pad || convert_to(message, 'UTF8'))), 'base64'), '='), '+/', '-_');
end
$$;

-- May one send to this address, for this stream, now? The answer of `POST /v1/check`: the address, its domain, the domains above it, and who
-- was erased. The domain must be in ASCII, as in the list; capitals and a dot at the end do no harm. With the rights of its owner, for the
-- tables are not for readers; it writes nothing.
create function desist.may_send(tenant text, address text, stream text default 'default', out allowed boolean, out reasons text[])
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  asked_tenant constant text := coalesce($1, 'default');
  asked_stream constant text := coalesce($3, 'default');
  -- Only ASCII, whatever the language of the database.
  who text := lower($2 collate "C");
  now_ms constant bigint := floor(extract(epoch from now()) * 1000);
  hash_key text;
begin
  if right(who, 1) = '.' then
    who := left(who, -1);
  end if;
  if who is null or octet_length(who) > 320 or who !~ '^[^@]*@[a-z0-9_-][a-z0-9._-]*$' then
    allowed := false;
    reasons := array['invalid_address'];
    return;
  end if;
  if exists (select from desist.forgotten f where f.tenant = asked_tenant) then
    hash_key := coalesce((select k.key from desist.hash_key k where k.single), nullif(current_setting('desist.hash_key', true), ''));
    if hash_key is null then
      raise exception 'recipients of this tenant were erased, and the key of their hashes is not in this database'
        using errcode = 'object_not_in_prerequisite_state',
          hint = 'Give this session the setting DESIST_HASH_KEY of the services: set desist.hash_key = ''...''';
    end if;
  end if;
  with own as (
    select r.id from desist.recipient r where r.tenant = asked_tenant and r.address = who
  ), holding as (
    select s.scope, s.reason, s.expires_at, null as entry
    from own join desist.suppression s on s.recipient_id = own.id
    union all
    select b.scope, b.reason, b."expiresAt", null
    from desist.forgotten f
    cross join lateral jsonb_to_recordset(f.blocks::jsonb) as b (scope text, reason text, "expiresAt" bigint)
    where hash_key is not null and f.tenant = asked_tenant and f.hash = desist.keyed_hash(hash_key, asked_tenant || '/' || who)
    union all
    select s.scope, s.reason, s.expires_at, r.address
    from desist.domain_entries(who) as e (name)
    -- A look-up for each: a join might read all entries of the tenant, or the table.
    cross join lateral (select id, address from desist.recipient where tenant = asked_tenant and address = e.name limit 1) r
    join desist.suppression s on s.recipient_id = r.id
    where e.name <> who and (s.subdomains or e.name = '@' || split_part(who, '@', -1))
  ), active as (
    select h.scope, h.reason, h.entry, h.reason || coalesce(' ' || h.entry, '') as says
    from holding h
    where h.scope in ('*', asked_stream) and (h.expires_at is null or h.expires_at > now_ms)
      and not (
        h.entry is null and h.reason in ('persistent_deferral', 'hard_bounce') and exists (
          select from own join desist.allowance a on a.recipient_id = own.id
          where a.scope in ('*', asked_stream) and (a.expires_at is null or a.expires_at > now_ms))
      )
  ), said as (
    select says, row_number() over (
      order by coalesce(length(entry), 1000) desc, scope collate "C", reason collate "C") as place
    from active
  ), distinct_reasons as (
    select says, min(place) as place from said group by says
  )
  select count(*) = 0, coalesce(array_agg(says order by place), '{}') into allowed, reasons from distinct_reasons;
end
$$;

revoke all on function desist.may_send(text, text, text) from public;
revoke all on function desist.keyed_hash(text, text) from public;

do $$
begin
  grant execute on function desist.may_send(text, text, text) to desist_reader;
exception
  when undefined_object or insufficient_privilege then
  raise notice 'desist_reader does not exist here: desist.may_send is for the owner';
end $$;
