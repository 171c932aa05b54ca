/** What people may do who sign in at an identity provider: by what it says of them. */
import { NAME } from '@desist/formats/event';
import type { Role } from '../keys.ts';
import type { Claims } from './identity-provider.ts';

export interface Grant {
  readonly claim: string;
  readonly value: string;
  readonly roles: readonly Role[];
  /** `*`: every tenant. */
  readonly tenants: readonly string[] | '*';
}

/** People have no program that sends events. */
const ROLES: readonly Role[] = ['reader', 'operator'];
const CLAIM = /^[A-Za-z0-9_:./-]{1,128}$/;
const VALUES_READ = 1_000;

/** Lines of `claim value roles tenants`; blank lines and `#` comments are skipped. Returns every mistake. */
export function parseGrants(text: string): { readonly grants: readonly Grant[]; readonly problems: readonly string[] } {
  const grants: Grant[] = [];
  const problems: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const plain = line.replace(/(^|\s)#.*/, '').trim();
    if (plain === '') continue;
    const grant = parseGrant(plain);
    if (typeof grant === 'string') problems.push(`line ${index + 1}: ${grant}`);
    else if (grants.some(({ claim, value }) => claim === grant.claim && value === grant.value))
      problems.push(`line ${index + 1}: claim and value were given before, and the first line decides`);
    else grants.push(grant);
  }
  return { grants, problems };
}

function parseGrant(line: string): Grant | string {
  const [claim = '', value = '', roles = '', tenants = '', ...more] = line.split(/\s+/);
  if (more.length > 0 || tenants === '') return 'must be: claim value roles tenants, such as `groups support reader acme`';
  if (!CLAIM.test(claim)) return 'the claim must be a name such as groups or email';
  const known = roles.split(',');
  if (!known.every((role): role is Role => (ROLES as readonly string[]).includes(role))) return `roles must be of ${ROLES.join(', ')}`;
  const of = tenants.split(',');
  if (tenants !== '*' && !of.every((tenant) => NAME.test(tenant))) return 'tenants must be names separated by commas, or *';
  return { claim, value, roles: known, tenants: tenants === '*' ? '*' : of };
}

/** The first grant that fits what is said of somebody; undefined: none does. */
export function grantOf(grants: readonly Grant[], claims: Claims): Grant | undefined {
  return grants.find(({ claim, value }) => valuesOf(claims, claim).includes(value));
}

/** An address that the provider has not verified is what a person wrote. */
function valuesOf(claims: Claims, claim: string): readonly string[] {
  if (claim === 'email' && claims['email_verified'] !== true) return [];
  const given = claims[claim];
  return (Array.isArray(given) ? given.slice(0, VALUES_READ) : [given]).flatMap((one) => (typeof one === 'string' ? [one] : []));
}

/** What the person is called here and in the audit trail: a verified address, otherwise the provider's name of them. */
export function nameOf(claims: Claims): string {
  const [email] = valuesOf(claims, 'email');
  const { preferred_username: username } = claims;
  const name = email ?? (typeof username === 'string' && username !== '' ? username : claims.sub);
  return name
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, 128);
}
