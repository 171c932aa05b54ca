/**
 * Whom a dead letter names, for erasures. Records that cannot be read have no shape, so every whole address in them counts, in any spelling,
 * for the tenant that the record names. A record without a tenant belongs to nobody: it is erased for whoever it mentions.
 */
import { addressesIn, DEFAULT_TENANT, mentionsAddress, NAME } from '@desist/formats/event';
import { asAddress, asTenant } from '@desist/domain';
import type { DeadLetterIndex, DeadLetterRecord } from '@desist/log-postgres';
import type { HashOf } from '@desist/store-postgres';

/** Addresses of one record that are listed; one with more is searched at each erasure. */
const MOST = 64;
const NO_TENANT = asTenant('');

interface Read {
  readonly tenants: ReadonlySet<string>;
  readonly text: string;
}

/** `hashOf`: undefined as long as the key is not known. */
export function createDeadLetterIndex(hashOf: () => HashOf | undefined): DeadLetterIndex {
  return {
    hashesOf(record) {
      const hash = hashOf();
      if (hash === undefined) return undefined;
      const { tenants, text } = readLetter(record);
      const addresses = addressesIn(text, MOST);
      if (addresses === undefined) return undefined;
      const owners = tenants.size === 0 ? [NO_TENANT] : [...tenants].map(asTenant);
      return owners.flatMap((tenant) => [...addresses].map((address) => hash(tenant, asAddress(address))));
    },
    hashesOfRecipient(tenant, address) {
      const hash = hashOf();
      return hash === undefined ? [] : [hash(asTenant(tenant), asAddress(address)), hash(NO_TENANT, asAddress(address))];
    },
    names: (record, tenant, address) => namesRecipient(record, tenant, address),
  };
}

/** Does the record name this recipient? */
export function namesRecipient(record: DeadLetterRecord, tenant: string, address: string): boolean {
  const { tenants, text } = readLetter(record);
  return (tenants.size === 0 || tenants.has(tenant)) && mentionsAddress(text, address);
}

const utf8 = new TextDecoder();

function readLetter({ key, value, headers }: DeadLetterRecord): Read {
  const keyText = key === null ? '' : utf8.decode(key);
  const valueText = value === null ? '' : utf8.decode(value);
  const json = parsed(valueText);
  const slash = keyText.indexOf('/');
  const keyTenant = keyText.slice(0, Math.max(0, slash));
  const tenants = tenantsOf({ header: headers['tenant'], keyTenant, json, isEvent: headers['source'] === undefined });
  const texts = [NAME.test(keyTenant) ? keyText.slice(slash + 1) : keyText, json === undefined ? valueText : stringsIn(json)];
  return { tenants, text: texts.join('\n') };
}

interface Tenancy {
  readonly header: string | undefined;
  readonly keyTenant: string;
  readonly json: unknown;
  /** It was read as a delivery event, which is of the default tenant unless it says otherwise. */
  readonly isEvent: boolean;
}

function tenantsOf({ header, keyTenant, json, isEvent }: Tenancy): ReadonlySet<string> {
  // A source's own tenant: what its payload claims does not matter.
  if (header !== undefined) return new Set([header]);
  const tenants = new Set<string>();
  if (NAME.test(keyTenant)) tenants.add(keyTenant);
  if (isEvent && typeof json === 'object' && json !== null && !Array.isArray(json)) {
    const { tenant = DEFAULT_TENANT } = json as { readonly tenant?: unknown };
    if (typeof tenant === 'string' && NAME.test(tenant)) tenants.add(tenant);
  }
  return tenants;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** All names and texts of a JSON value, one a line. Not recursive: it may be nested deeply. */
function stringsIn(json: unknown): string {
  const found: string[] = [];
  const open = [json];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') found.push(value);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) {
        found.push(name);
        open.push(inner);
      }
    }
  }
  return found.join('\n');
}
