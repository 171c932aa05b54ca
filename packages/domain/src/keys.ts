/**
 * The keys by which recipients are found. Each is a string at run time, with a type of its own, so that a text from outside, or an
 * address in the place of a tenant, does not compile.
 */

declare const TENANT: unique symbol;
declare const ADDRESS: unique symbol;
declare const RECIPIENT_KEY: unique symbol;

/** The name of a tenant: valid, and without a slash. */
export type Tenant = string & { readonly [TENANT]: true };

/** A normalised address: domain in ASCII, everything lower case, local part in NFC. `normaliseAddress` (formats) makes it of any text. */
export type Address = string & { readonly [ADDRESS]: true };

/** `tenant/address`: the key of every topic, and of a recipient within the engine. */
export type RecipientKey = string & { readonly [RECIPIENT_KEY]: true };

/** A recipient by its parts. */
export interface RecipientRef {
  readonly tenant: Tenant;
  readonly address: Address;
}

/** For a text that is known to be a tenant: it was checked before it was stored, or a pattern just accepted it. */
export function asTenant(text: string): Tenant {
  return text as Tenant;
}

/** For a text that is known to be normalised: it was normalised before it was stored. */
export function asAddress(text: string): Address {
  return text as Address;
}

export function recipientKey(tenant: Tenant, address: Address): RecipientKey {
  return `${tenant}/${address}` as RecipientKey;
}

/** The reverse of `recipientKey`: a tenant has no slash. */
export function partsOfKey(key: RecipientKey): RecipientRef {
  const slash = key.indexOf('/');
  return { tenant: asTenant(key.slice(0, slash)), address: asAddress(key.slice(slash + 1)) };
}

/** The domain of an address, or of a key. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}

/**
 * What an entry for a domain has in the place of an address: `@` and the domain in ASCII and lower case. No mailbox has such an address,
 * for a local part is never empty.
 */
export function isDomainEntry(address: Address): boolean {
  return address.startsWith('@');
}

/**
 * The entries that may concern an address besides its own: of its domain (`@mail.example.com`), which blocks it in any case, then of each
 * domain above (`@example.com`, `@com`), which block it when they hold for subdomains. At most as many as the domain has labels.
 */
export function domainEntriesOf(address: Address): readonly Address[] {
  const found: Address[] = [];
  const own = address.lastIndexOf('@');
  for (let at = isDomainEntry(address) ? address.indexOf('.') : own; at !== -1; at = address.indexOf('.', at + 1)) {
    const next = address[at + 1];
    // A label is never empty, so no entry has such a name.
    if (next !== undefined && next !== '.') found.push(`@${address.slice(at + 1)}` as Address);
  }
  return found;
}
