/**
 * Resolves the tenant and the provider of a record, once per event. Everything that counts by them gets the result.
 *
 *   key bytes ──> DomainEntry (tenant, domain) ──> Route (TenantProvider, domain)      the domain names its operator
 *                            └── host bytes ─────> Route                               the host that answered decides
 *
 * The first path is the hot one: no string is created for a delivery whose domain and host were seen before.
 */
import { asTenant, domainOf, tenantPolicy } from '@desist/domain';
import type { PolicySet, ProviderOf, Tenant, Address } from '@desist/domain';
import type { FieldOffsets } from '../ports/codec.ts';
import { hashOn, isAt, textOf, WORD } from './key-hash.ts';
import type { Route, TenantProvider } from './tenant-provider.ts';

export interface ProviderLookup {
  /** The provider of a peeked record. `offsets`: where the remote host stands in `value`. */
  ofRecord(key: Uint8Array, value: Uint8Array, offsets: FieldOffsets): Route;
  ofAddress(tenant: Tenant, address: Address, remoteHost: string | undefined): Route;
  of(tenant: Tenant, provider: string): TenantProvider;
}

/** Entries per cache. When one is full, both are emptied. */
const REMEMBERED = 50_000;
/** Cached hosts per domain. */
const HOSTS = 64;
const SLASH = 0x2f;
const AT = 0x40;

/** One domain of one tenant, as bytes. Parts that most domains never need are created on demand. */
interface DomainEntry {
  /** Including the slash. */
  readonly tenant: Uint8Array;
  readonly domain: Uint8Array;
  /** The operator that the domain name alone tells. */
  readonly provider: string;
  /** True: the remote host can identify another provider. */
  readonly byHost: boolean;
  found: Route | undefined;
  /** The last remote host. */
  last: HostEntry | undefined;
  /** All remote hosts, once there are several. */
  hosts: Map<number, HostEntry> | undefined;
}

interface HostEntry {
  readonly host: Uint8Array;
  readonly found: Route;
}

export function createProviderLookup(policies: PolicySet, providerOf: ProviderOf): ProviderLookup {
  let found = new Map<string, TenantProvider>();
  /** By tenant, provider and domain. */
  let routes = new Map<string, Route>();
  let entries = new Map<number, DomainEntry>();
  /** Consecutive entries mostly belong to one tenant: they share its bytes. */
  let lastTenant = new Uint8Array(0);

  function of(tenant: Tenant, provider: string): TenantProvider {
    const name = `${tenant} ${provider}`;
    let one = found.get(name);
    if (one === undefined) {
      if (found.size >= REMEMBERED) evict();
      const { base: policy } = tenantPolicy(policies, tenant);
      one = { tenant, provider, policy, window: undefined, opensAt: 0, closesAt: 0, quarter: undefined, counts: undefined, peeked: [] };
      found.set(name, one);
    }
    return one;
  }

  function route(tenant: Tenant, provider: string, domain: string): Route {
    const name = `${tenant} ${provider} ${domain}`;
    let one = routes.get(name);
    if (one === undefined) {
      if (routes.size >= REMEMBERED) evict();
      one = { to: of(tenant, provider), domain, delivered: undefined };
      routes.set(name, one);
    }
    return one;
  }

  function evict(): void {
    found = new Map();
    routes = new Map();
    entries = new Map();
  }

  function entryOf(key: Uint8Array): DomainEntry {
    const { length } = key;
    let slash = 0;
    while (key[slash] !== SLASH) slash += 1;
    slash += 1;
    // From the end, byte by byte: for so few bytes `lastIndexOf` is slower.
    let start = length;
    while (key[start - 1] !== AT) start -= 1;
    const hash = hashOn(hashOn(0, key, 0, slash), key, start, length);
    const known = entries.get(hash);
    if (known !== undefined && isAt(known.tenant, key, 0, slash) && isAt(known.domain, key, start, length)) return known;
    if (entries.size >= REMEMBERED) evict();
    const domain = textOf(key.subarray(start));
    const provider = providerOf(domain);
    if (!isAt(lastTenant, key, 0, slash)) lastTenant = copyOf(key, 0, slash);
    const entry: DomainEntry = {
      tenant: lastTenant,
      domain: copyOf(key, start, length),
      provider,
      // If the domain name identifies the operator, the remote host does not matter.
      byHost: provider === domain,
      found: undefined,
      last: undefined,
      hosts: undefined,
    };
    entries.set(hash, entry);
    return entry;
  }

  /** Nearly always the same host as the last time. */
  function byHost(entry: DomainEntry, value: Uint8Array, from: number, to: number): Route {
    const { last } = entry;
    if (last !== undefined) {
      if (isAt(last.host, value, from, to)) return last.found;
      entry.hosts ??= new Map([[hashOn(0, last.host, 0, last.host.length), last]]);
    }
    const hash = hashOn(0, value, from, to);
    let known = entry.hosts?.get(hash);
    if (known === undefined || !isAt(known.host, value, from, to)) {
      const domain = textOf(entry.domain);
      const provider = providerOf(domain, textOf(value.subarray(from, to)));
      known = { host: copyOf(value, from, to), found: route(tenantOf(entry), provider, domain) };
      if (entry.hosts !== undefined && entry.hosts.size >= HOSTS) entry.hosts.clear();
      entry.hosts?.set(hash, known);
    }
    entry.last = known;
    return known.found;
  }

  return {
    of,
    ofRecord(key, value, { hostStart, hostEnd }) {
      const entry = entryOf(key);
      if (entry.byHost && hostEnd > hostStart) return byHost(entry, value, hostStart, Math.min(hostEnd, hostStart + WORD));
      return (entry.found ??= route(tenantOf(entry), entry.provider, textOf(entry.domain)));
    },
    ofAddress(tenant, address, remoteHost) {
      const domain = domainOf(address);
      return route(tenant, providerOf(domain, remoteHost), domain);
    },
  };
}

function tenantOf({ tenant }: DomainEntry): Tenant {
  return asTenant(textOf(tenant.subarray(0, -1)));
}

/** A copy, because a record's bytes are a view of the whole fetched buffer and would keep all of it in memory. */
function copyOf(bytes: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.subarray(from, to));
}
