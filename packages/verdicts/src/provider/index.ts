/** Finds the operator of a mailbox: by its domain, then by the host that answered, then by that host's registrable domain. */
import { getDomain } from 'tldts';
import { DOMAINS, HOSTS } from './table.ts';

const BY_DOMAIN: ReadonlyMap<string, string> = new Map(
  Object.entries(DOMAINS).flatMap(([provider, domains]) => domains.map((domain) => [domain, provider] as const)),
);

/** Maximum number of cached hosts. A registrable domain requires a lookup in the public suffix list. */
const KEPT = 4_096;
const known = new Map<string, string>();

const BY_HOST: ReadonlyMap<string, string> = new Map(HOSTS);

/** Finds the provider by the longest suffix of the host name that is in the table. */
function byHost(host: string): string | undefined {
  for (let rest = host; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') {
    const provider = BY_HOST.get(rest);
    if (provider !== undefined) return provider;
  }
  return undefined;
}

/** True for the short name of a known provider. Short names contain no dot; registrable domains do. */
export function isKnownProvider(provider: string): boolean {
  return provider !== '' && !provider.includes('.');
}

/** A short name, or a registrable domain for operators outside the table. Both arguments are case-insensitive. */
export function providerOf(recipientDomain: string, remoteHost?: string): string {
  const domain = recipientDomain.toLowerCase();
  const byDomain = BY_DOMAIN.get(domain);
  if (byDomain !== undefined) return byDomain;
  const host = (remoteHost ?? '').toLowerCase().replace(/\.$/, '');
  if (host === '') return domain;
  let provider = known.get(host);
  if (provider === undefined) {
    if (known.size >= KEPT) known.clear();
    provider = byHost(host) ?? getDomain(host) ?? '';
    known.set(host, provider);
  }
  // An IP address or a bare name says nothing about who runs the mailbox.
  return provider === '' ? domain : provider;
}

/** Short names of every provider in the table, in alphabetical order. */
export const PROVIDERS: readonly string[] = [...new Set([...Object.keys(DOMAINS), ...HOSTS.map(([, provider]) => provider)])].sort();

/** The mail domains of a provider, and the suffixes of the names of its hosts. Both empty for one outside the table. */
export function placesOf(provider: string): { readonly domains: readonly string[]; readonly hosts: readonly string[] } {
  const domains = Object.hasOwn(DOMAINS, provider) ? (DOMAINS[provider] ?? []) : [];
  return { domains, hosts: HOSTS.filter(([, owner]) => owner === provider).map(([host]) => host) };
}
