/** Access control by keys, roles and tenants, on every route but the probes, the webhooks and the documentation. */
import { asTenant } from '@desist/domain';
import type { Tenant } from '@desist/domain';
import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';
import type { KeyDirectory } from '../key-directory.ts';
import type { Role } from '../keys.ts';
import { hashOfKey } from '../keys.ts';
import { Problem, unavailable } from './problem.ts';
import { demandSameOrigin } from './same-origin.ts';
import { SESSION_COOKIE } from './sessions.ts';
import type { Sessions } from './sessions.ts';
import type { People } from '../people/people.ts';

export interface Caller {
  /** Of the key: that of the database, or `configured:NAME`; `person:SUBJECT`; null: no keys are known. */
  readonly id: string | null;
  /** Name of the key; null: there are no keys, and every caller may do everything. */
  readonly name: string | null;
  readonly roles: readonly Role[];
  readonly tenants: readonly string[] | '*';
  /** Hash of the key, which nobody else knows; empty: there are no keys. */
  readonly hash: string;
  /** Somebody who signed in at an identity provider, and `name` is theirs. */
  readonly isPerson?: true;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The role that the route requires; `own`: the route checks its callers itself. Default: `operator`. */
    role?: Role | 'own';
  }
  interface FastifyRequest {
    caller: Caller;
  }
}

const UNRESTRICTED: Caller = { id: null, name: null, roles: ['operator'], tenants: '*', hash: '' };

export interface Access {
  readonly keys: KeyDirectory;
  readonly sessions: Sessions;
  /** Undefined: nobody signs in at an identity provider. */
  readonly people: People | undefined;
  /** ms */
  readonly now: () => number;
}

/** Checks the caller before every route of `scope`. As long as there never was a key, every caller may do everything. */
export function guard(scope: FastifyInstance, access: Access): void {
  scope.decorateRequest('caller');
  scope.addHook('onRequest', async (request) => {
    request.caller = UNRESTRICTED;
    const config: FastifyContextConfig = request.routeOptions.config;
    if (config.role === 'own') return;
    const caller = await callerOf(request, access);
    request.caller = caller;
    const needed = config.role ?? 'operator';
    if (!caller.roles.includes(needed) && !caller.roles.includes('operator')) {
      throw new Problem(403, `This key may not do this: it needs the role ${needed}.`);
    }
  });
}

/**
 * The caller by the key in a header, otherwise by the session in the cookie. A key that is known is not kept waiting by the database.
 * @throws Problem 401 without a known key; 403 for a page of another site; 503 while the database has not said which keys there are
 */
export async function callerOf(request: FastifyRequest, access: Access): Promise<Caller> {
  const { keys } = access;
  const inHeader = keyIn(request);
  const known = knownCaller(request, inHeader, access);
  if (known !== undefined) return known;
  await keys.settled();
  const state = keys.state();
  if (state === 'unknown') throw keysUnknown();
  if (state === 'open' && access.people === undefined) {
    if (inHeader === undefined) demandSameOrigin(request, false);
    return UNRESTRICTED;
  }
  const found = knownCaller(request, inHeader, access);
  if (found !== undefined) return found;
  const isGiven = inHeader !== undefined || request.cookies[SESSION_COOKIE] !== undefined;
  throw unauthorised(isGiven ? 'This key or session is not known, or it has ended.' : 'A key is required: Authorization: Bearer …');
}

export function keysUnknown(): Problem {
  return unavailable('The keys cannot be read from the database yet. Try again.');
}

/** @throws Problem 403 for a page of another site */
function knownCaller(request: FastifyRequest, inHeader: string | undefined, { keys, sessions, people, now }: Access): Caller | undefined {
  const cookie = request.cookies[SESSION_COOKIE];
  const person = inHeader === undefined && cookie !== undefined ? people?.open(cookie, now()) : undefined;
  if (person !== undefined) {
    demandSameOrigin(request, true);
    return person;
  }
  const key = inHeader ?? (cookie === undefined ? undefined : sessions.open(cookie, now()));
  const caller = key === undefined ? undefined : keys.find(hashOfKey(key), now());
  if (caller !== undefined && inHeader === undefined) demandSameOrigin(request, true);
  return caller;
}

function keyIn({ headers }: FastifyRequest): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const key = bearer ?? headers['x-api-key'];
  return typeof key === 'string' && key !== '' ? key : undefined;
}

function unauthorised(detail: string): Problem {
  return new Problem(401, detail, { headers: { 'www-authenticate': 'Bearer realm="desist"' } });
}

export function mayUse({ tenants }: Caller, tenant: string): boolean {
  return tenants === '*' || tenants.includes(tenant);
}

/** The tenant of a request. Default: the key's only one, otherwise `default`. @throws Problem 400, 403 */
export function tenantOf(caller: Caller, given: string | null | undefined): Tenant {
  const tenant = given ?? defaultTenant(caller);
  if (tenant === undefined) throw new Problem(400, 'tenant: must be given, because this key is for several.');
  if (mayUse(caller, tenant)) return asTenant(tenant);
  throw new Problem(403, 'tenant: this key is for other tenants.');
}

/** Undefined where the caller must name a tenant: the key has several, and `default` is not among them. */
export function defaultTenant({ tenants }: Caller): string | undefined {
  if (tenants === '*' || tenants.includes('default')) return tenants !== '*' && tenants.length === 1 ? tenants[0] : 'default';
  return tenants.length === 1 ? tenants[0] : undefined;
}

/** The tenants of a list: the requested one, otherwise all that the key may see; undefined: every tenant. @throws Problem 403 */
export function tenantsOf(caller: Caller, given: string | undefined): readonly string[] | undefined {
  if (given !== undefined) return [tenantOf(caller, given)];
  return caller.tenants === '*' ? undefined : caller.tenants;
}

/** For routes that show all tenants together. @throws Problem 403 for keys of some tenants */
export function demandAllTenants({ tenants }: Caller): void {
  if (tenants !== '*') throw new Problem(403, 'This shows every tenant, so it requires a key for all of them.');
}

/** What the log calls a caller: of a person, whose name may be an address, part of a hash. */
export function loggedName({ name, hash, isPerson }: Caller): string | null {
  return isPerson === true ? `person ${hash.slice(0, 12)}` : name;
}

/** The author of a decision. The name of the key is certain; the name of a person is what the caller claims. */
export function signedBy(given: string | null | undefined, { name, isPerson }: Caller): string | null {
  const claimed = given ?? null;
  if (name === null) return claimed;
  // Whoever signed in at a provider is known, and nobody else is named in their place.
  if (isPerson === true) return name;
  return claimed === null || claimed === '' ? `key ${name}` : `${claimed} (key ${name})`;
}
