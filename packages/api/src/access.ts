/** Who asks, and what they may: keys, roles and tenants, on every route but the probes and the documentation. */
import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';
import type { ApiKey, Role } from './keys.ts';
import { hashOfKey } from './keys.ts';
import { nameOf } from './input.ts';
import { Problem } from './problem.ts';

export interface Caller {
  /** Null: no key is configured, whoever reaches this machine's port may do everything. */
  readonly name: string | null;
  readonly roles: readonly Role[];
  readonly tenants: readonly string[] | '*';
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key must be allowed to do for this route; `own`: the route checks its callers itself. Not given: `operator`. */
    role?: Role | 'own';
  }
  interface FastifyRequest {
    caller: Caller;
  }
}

const ANYBODY: Caller = { name: null, roles: ['operator'], tenants: '*' };

/** Asked before every route of `scope`; without keys everybody may everything. */
export function guard(scope: FastifyInstance, keys: readonly ApiKey[]): void {
  const byHash = new Map(keys.map((key) => [key.hash, key]));
  scope.decorateRequest('caller');
  scope.addHook('onRequest', async (request) => {
    request.caller = ANYBODY;
    if (byHash.size === 0) return;
    const config: FastifyContextConfig = request.routeOptions.config;
    if (config.role === 'own') return;
    const caller = byHash.get(hashOfKey(keyOf(request)));
    if (caller === undefined) throw unauthorised('This key is not known.');
    request.caller = caller;
    const needed = config.role ?? 'operator';
    if (!caller.roles.includes(needed) && !caller.roles.includes('operator')) {
      throw new Problem(403, `This key may not do this: it needs the role ${needed}.`);
    }
  });
}

function keyOf({ headers }: FastifyRequest): string {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const key = bearer ?? headers['x-api-key'];
  if (typeof key === 'string' && key !== '') return key;
  throw unauthorised('A key is needed: Authorization: Bearer …');
}

function unauthorised(detail: string): Problem {
  return new Problem(401, detail, { headers: { 'www-authenticate': 'Bearer realm="desist"' } });
}

export function mayUse({ tenants }: Caller, tenant: string): boolean {
  return tenants === '*' || tenants.includes(tenant);
}

/** The tenant that is asked for. Not given: the key's only one, otherwise `default`. */
export function tenantOf(caller: Caller, value: unknown): string {
  const tenant = value === undefined || value === null ? defaultTenant(caller) : nameOf(value, 'tenant');
  if (tenant === undefined) throw new Problem(400, 'tenant: this key is for several, say which one');
  if (mayUse(caller, tenant)) return tenant;
  throw new Problem(403, 'tenant: this key is for other tenants.');
}

/** Undefined where the caller must say it: the key has several, and `default` is none of them. */
export function defaultTenant({ tenants }: Caller): string | undefined {
  if (tenants === '*' || tenants.includes('default')) return tenants !== '*' && tenants.length === 1 ? tenants[0] : 'default';
  return tenants.length === 1 ? tenants[0] : undefined;
}

/** For lists: what is asked for, otherwise all that the key may see; undefined: of every tenant. */
export function tenantsOf(caller: Caller, value: string | undefined): readonly string[] | undefined {
  if (value !== undefined) return [tenantOf(caller, value)];
  return caller.tenants === '*' ? undefined : caller.tenants;
}

/** What shows all tenants together is for keys of all tenants. */
export function demandAllTenants({ tenants }: Caller): void {
  if (tenants !== '*') throw new Problem(403, 'This shows every tenant: it needs a key for all of them.');
}
