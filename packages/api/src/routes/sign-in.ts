/**
 * `/v1/session/oidc`: sign-in of people at an identity provider, by the authorization code flow with PKCE. A browser walks through it, so
 * whatever goes wrong leads to the page, which says what to do.
 *
 *   /v1/session/oidc ──> provider ──> /v1/session/oidc/callback ──> the page
 */
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply } from 'fastify';
import { createSignIns } from '../audit.ts';
import type { Access, Caller } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { SESSION_COOKIE, SESSION_LENGTH } from '../http/sessions.ts';
import type { ApiOptions, PeopleSignIn } from '../options.ts';
import { nameOf } from '../people/grants.ts';
import type { SignInProblem } from '../people/identity-provider.ts';
import { SignInError } from '../people/identity-provider.ts';
import type { People } from '../people/people.ts';
import { PENDING_COOKIE, PENDING_LENGTH } from '../people/people.ts';

export const SIGN_IN_PATH = '/v1/session/oidc';
export const CALLBACK_PATH = `${SIGN_IN_PATH}/callback`;
const PAGE = '/ui/';
const LONGEST_QUERY = 8_192;
const LONGEST_WAY = 1_024;

/** `unknown`: signed in at the provider, and no line of the mapping fits. */
type Problem = SignInProblem | 'unknown';

export async function signInRoutes(app: HttpApp, options: ApiOptions, access: Access): Promise<void> {
  const { people } = access;
  const { signIn } = options;
  if (people === undefined || signIn === undefined) return;
  const config = { role: 'own' } as const;
  const schema = { hide: true };
  const signIns = createSignIns(options, options.time.now);
  const { logger } = options;
  const pendingCookie = cookieOf(signIn, SIGN_IN_PATH, 'lax');

  app.get<{ Querystring: { to?: unknown } }>(SIGN_IN_PATH, { schema, config }, async ({ query }, reply) => {
    try {
      const { url, checks } = await people.provider.begin();
      const sealed = people.sealPending({ checks, to: wayIn(query.to) }, access.now());
      void reply.setCookie(PENDING_COOKIE, sealed, { ...pendingCookie, maxAge: PENDING_LENGTH / 1_000 });
      return await reply.redirect(url, 303);
    } catch (error) {
      return toLogin(reply, problemOf(error));
    }
  });

  app.get(CALLBACK_PATH, { schema, config }, async (request, reply) => {
    const cookie = request.cookies[PENDING_COOKIE];
    const pending = cookie === undefined ? undefined : people.openPending(cookie, access.now());
    // What came back is good for one try.
    void reply.clearCookie(PENDING_COOKIE, pendingCookie);
    if (pending === undefined) return toLogin(reply, 'expired');
    try {
      const claims = await people.provider.finish(queryOf(request.url), pending.checks);
      const caller = people.callerOf(claims);
      if (caller === undefined) {
        await signIns.note(request, nobody(people, nameOf(claims)), 'refused');
        return await toLogin(reply, 'unknown');
      }
      await signIns.note(request, caller, 'done');
      void reply.setCookie(SESSION_COOKIE, people.seal(claims, access.now()), {
        ...cookieOf(signIn, '/', 'strict'),
        maxAge: SESSION_LENGTH / 1_000,
      });
      return await reply.redirect(pending.to, 303);
    } catch (error) {
      return toLogin(reply, problemOf(error));
    }
  });

  /** @throws whatever is no problem of a sign-in */
  function problemOf(error: unknown): SignInProblem {
    if (!(error instanceof SignInError)) throw error;
    logger.warn({ problem: error.problem, detail: error.message }, 'nobody was signed in by the identity provider');
    return error.problem;
  }
}

/** Who is known to the provider and to nobody here. */
function nobody({ provider }: People, name: string): Caller {
  return { id: null, name: `${name} (${new URL(provider.issuer).host})`.slice(0, 160), roles: [], tenants: [], hash: '', isPerson: true };
}

function toLogin(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.redirect(`${PAGE}login?problem=${problem}`, 303);
}

/** Of this page only: nobody is led elsewhere after a sign-in. */
function wayIn(to: unknown): string {
  return typeof to === 'string' && to.length <= LONGEST_WAY && /^\/ui\/[\w!$&'()*+,;=:@%./?~-]*$/.test(to) ? to : PAGE;
}

function queryOf(url: string): string {
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at, at + LONGEST_QUERY);
}

/** The way back from the provider begins at another site: only a cookie that is `lax` goes along with it. */
function cookieOf({ consoleUrl }: PeopleSignIn, path: string, sameSite: 'lax' | 'strict'): CookieSerializeOptions {
  return { path, httpOnly: true, sameSite, secure: consoleUrl.startsWith('https:') };
}
