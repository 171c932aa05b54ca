/** API keys with their roles and tenants. Configuration and database contain only hashes. */
import { createHash, randomBytes } from 'node:crypto';
import { NAME } from '@desist/formats/event';
import { KEY_ROLES } from '@desist/pipeline';
import type { KeyRole } from '@desist/pipeline';

export const ROLES = KEY_ROLES;
export type Role = KeyRole;

export interface ApiKey {
  /** For people and the audit log. */
  readonly name: string;
  readonly roles: readonly Role[];
  /** `*`: every tenant. */
  readonly tenants: readonly string[] | '*';
  /** SHA-256 of the key, in hexadecimal. A key has 256 random bits, so a slow hash would add no protection. */
  readonly hash: string;
}

export function hashOfKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** What its owner sends: 256 random bits. */
export function newSecret(): string {
  return `desist_${randomBytes(32).toString('base64url')}`;
}

/** A new key, and the line of configuration that admits it. The key itself is stored nowhere. */
export function newKey(
  name: string,
  roles: readonly Role[],
  tenants: readonly string[] | '*',
): { readonly key: string; readonly line: string } {
  const key = newSecret();
  return { key, line: `${name} ${roles.join(',')} ${tenants === '*' ? '*' : tenants.join(',')} sha256:${hashOfKey(key)}` };
}

/** Lines of `name roles tenants sha256:…`; blank lines and `#` comments are skipped. Returns every mistake. */
export function parseKeys(text: string): { readonly keys: readonly ApiKey[]; readonly problems: readonly string[] } {
  const keys: ApiKey[] = [];
  const problems: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const plain = line.replace(/#.*/, '').trim();
    if (plain === '') continue;
    const key = parseKey(plain);
    if (typeof key === 'string') problems.push(`line ${index + 1}: ${key}`);
    else if (keys.some(({ name, hash }) => name === key.name || hash === key.hash))
      problems.push(`line ${index + 1}: name or hash was given before`);
    else keys.push(key);
  }
  return { keys, problems };
}

function parseKey(line: string): ApiKey | string {
  const [name = '', roles = '', tenants = '', hash = '', ...more] = line.split(/\s+/);
  if (more.length > 0 || hash === '') return 'must be: name roles tenants sha256:HASH (`desist key` makes one)';
  if (!NAME.test(name)) return `name must be like ${NAME.source}`;
  const known = roles.split(',');
  if (!known.every((role): role is Role => (ROLES as readonly string[]).includes(role))) return `roles must be of ${ROLES.join(', ')}`;
  const of = tenants.split(',');
  if (tenants !== '*' && !of.every((tenant) => NAME.test(tenant))) return 'tenants must be names separated by commas, or *';
  if (!/^sha256:[0-9a-f]{64}$/.test(hash)) return 'the hash must be sha256: and 64 hexadecimal digits; the key itself does not belong here';
  return { name, roles: known, tenants: tenants === '*' ? '*' : of, hash: hash.slice('sha256:'.length) };
}
