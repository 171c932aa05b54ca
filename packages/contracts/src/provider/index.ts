/** Who operates a mailbox: by its domain, by the host that answered, otherwise by registrable domain. */
import { getDomain } from 'tldts';
import { DOMAINS, HOSTS } from './table.ts';

const BY_DOMAIN: ReadonlyMap<string, string> = new Map(
  Object.entries(DOMAINS).flatMap(([provider, domains]) => domains.map((domain) => [domain, provider] as const)),
);

/** Answers kept: registrable domains cost a walk through the public suffix list. */
const KEPT = 4_096;
const known = new Map<string, string>();

const BY_HOST: ReadonlyMap<string, string> = new Map(HOSTS);

/** The longest end of the name that the table has. */
function byHost(host: string): string | undefined {
  for (let rest = host; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') {
    const provider = BY_HOST.get(rest);
    if (provider !== undefined) return provider;
  }
  return undefined;
}

/** True for the short name of a provider in the table: it has no dot. */
export function isKnownProvider(provider: string): boolean {
  return provider !== '' && !provider.includes('.');
}

/** A short name, or a registrable domain for operators that are in no table. Both arguments are taken in any case. */
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
