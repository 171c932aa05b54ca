/** `/v1/session`: sign-in of people. See `http/sessions.ts` for what the cookie is. */
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyRequest } from 'fastify';
import { createSignIns } from '../audit.ts';
import type { Access, Caller } from '../http/access.ts';
import { callerOf, keysUnknown } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { Problem } from '../http/problem.ts';
import { demandSameOrigin } from '../http/same-origin.ts';
import { SESSION_COOKIE, SESSION_LENGTH } from '../http/sessions.ts';
import { hashOfKey } from '../keys.ts';
import type { ApiOptions } from '../options.ts';
import { CREATE_SESSION, DELETE_SESSION, GET_SESSION } from '../schemas/session.ts';
import type { Session } from '../schemas/session.ts';

/** Who has shown no key that is known. */
const NOBODY: Caller = { id: null, name: null, roles: [], tenants: [], hash: '' };

export async function sessionRoutes(app: HttpApp, options: ApiOptions, access: Access): Promise<void> {
  const config = { role: 'own' } as const;
  const signIns = createSignIns(options, options.time.now);
  /** @throws Problem 503 while nobody knows */
  const isRequired = (): boolean => {
    const state = access.keys.state();
    if (state === 'unknown' && access.keys.configured.length === 0) throw keysUnknown();
    return state !== 'open' || access.people !== undefined;
  };
  const sessionOf = (caller: Caller | undefined): Session => ({
    required: isRequired(),
    signedIn: caller !== undefined,
    name: caller?.name ?? null,
    roles: [...(caller?.roles ?? [])],
    tenants: caller === undefined ? [] : caller.tenants === '*' ? null : [...caller.tenants],
    writes: options.append !== undefined,
    version: options.version,
    provider: access.people === undefined ? null : new URL(access.people.provider.issuer).host,
  });

  app.get('/v1/session', { schema: GET_SESSION, config }, async (request) => sessionOf(await callerIn(request, access)));

  app.post('/v1/session', { schema: CREATE_SESSION, config, bodyLimit: 4_096 }, async (request, reply) => {
    demandSameOrigin(request, false);
    await access.keys.settled();
    if (!isRequired() || access.keys.state() === 'open')
      throw new Problem(
        400,
        access.people === undefined ? 'There are no keys, so nobody needs to sign in.' : 'There are no keys: sign in at the provider.',
      );
    const caller = access.keys.find(hashOfKey(request.body.key), access.now());
    if (caller === undefined && access.keys.state() === 'unknown') throw keysUnknown();
    if (caller === undefined) {
      await signIns.note(request, NOBODY, 'refused');
      throw new Problem(401, 'This key is not known, or it has ended. An operator makes one with `desist keys make`.');
    }
    await signIns.note(request, caller, mayRead(caller) ? 'done' : 'refused');
    if (!mayRead(caller)) throw new Problem(403, 'This key may only send events. Sign in with a key of the role reader or operator.');
    void reply.setCookie(SESSION_COOKIE, access.sessions.seal(request.body.key, access.now()), {
      ...cookieOptions(request),
      maxAge: SESSION_LENGTH / 1_000,
    });
    return sessionOf(caller);
  });

  app.delete('/v1/session', { schema: DELETE_SESSION, config }, async (request, reply) => {
    demandSameOrigin(request, false);
    void reply.clearCookie(SESSION_COOKIE, cookieOptions(request));
    return sessionOf(isRequired() ? undefined : await callerIn(request, access));
  });
}

/** The origin is what the browser sees, also behind a proxy that speaks plain HTTP to this service. */
function cookieOptions({ headers }: FastifyRequest): CookieSerializeOptions {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: headers.origin?.startsWith('https:') === true };
}

async function callerIn(request: FastifyRequest, access: Access): Promise<Caller | undefined> {
  try {
    const caller = await callerOf(request, access);
    return mayRead(caller) ? caller : undefined;
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

function mayRead({ roles }: Caller): boolean {
  return roles.includes('reader') || roles.includes('operator');
}
