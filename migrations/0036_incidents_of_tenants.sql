-- Incidents are noticed per tenant. What was counted before does not say whose it was: it goes, for no tenant can be measured by it.
drop table desist.incident_count;

-- What each partition counts of each tenant's mail to each provider, by quarters of an hour.
create table desist.incident_count (
  partition integer not null,
  tenant text not null,
  provider text not null,
  at bigint not null,
  failing integer not null,
  delivered bigint not null,
  -- Codes and sample replies, without addresses; null when nobody failed.
  detail text,
  primary key (provider, tenant, at, partition)
) with (fillfactor = 70);
create index incident_count_at on desist.incident_count (at);
-- Looked at every few seconds: only who fails can be a suspect.
create index incident_count_failing on desist.incident_count (at) where failing > 0;
create index incident_count_partition on desist.incident_count (partition, tenant, at);

-- A tenant, and the whole installation, has one incident at a time at a provider that noticed itself, whichever process notices it.
drop index desist.incident_open;
create unique index incident_open on desist.incident (provider, coalesce(tenant, '*')) where open;
