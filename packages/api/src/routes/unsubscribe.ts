/** `/v1/unsubscribe-links` makes links; `/u/{token}` is what they lead to: a page for people, one click for mailbox providers (RFC 8058). */
import { DAY } from '@desist/domain';
import { contentHash, encodeEvent, formatTime, parseTime } from '@desist/formats/event';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { readAddress } from '../address.ts';
import { createConcurrencyLimit } from '../concurrency-limit.ts';
import { tenantOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { compileAllButBody } from '../http/items.ts';
import { Problem, unavailable } from '../http/problem.ts';
import { badRequest } from '../http/validation.ts';
import { putNewest } from '../newest.ts';
import type { ApiOptions } from '../options.ts';
import { CREATE_UNSUBSCRIBE_LINKS, GET_UNSUBSCRIBE_PAGE, UNSUBSCRIBE } from '../schemas/unsubscribe.ts';
import type { LinkContent, OpenedLink } from '../unsubscribe/link-tokens.ts';
import { PAGE_POLICY, pageOf } from '../unsubscribe/page.ts';
import type { PageKind } from '../unsubscribe/page.ts';
import { append } from './append.ts';

export const UNSUBSCRIBE_PATH = '/u/:token';

const USUAL_LIFE = 365 * DAY;
/** What the law asks of a link in some countries (CAN-SPAM). */
const SHORTEST_LIFE = 30 * DAY;
const LONGEST_LIFE = 3_650 * DAY;
const BODY_LIMIT = 4_096;
/** Clicks that are being appended at the same time. */
const CLICKS = 64;
/** A link that was followed appends nothing again for so long, ms: people press twice, providers repeat. */
const REPEAT = 10_000;
/** Links whose last click is remembered. */
const REMEMBERED = 10_000;

export async function unsubscribeLinkRoutes(app: HttpApp, { unsubscribe, time }: ApiOptions): Promise<void> {
  app.post('/v1/unsubscribe-links', { schema: CREATE_UNSUBSCRIBE_LINKS, config: { role: 'ingester' } }, async ({ body, caller }) => {
    const tenant = tenantOf(caller, body.tenant);
    if (unsubscribe === undefined) {
      throw unavailable('Unsubscribe links are not configured here: DESIST_UNSUBSCRIBE_SECRETS and DESIST_PUBLIC_URL.');
    }
    const { tokens, publicUrl } = unsubscribe;
    const expiresAt = endOf(body.expiresAt, time.now());
    const stream = body.stream ?? 'default';
    const results = body.recipients.map((recipient) => {
      const read = typeof recipient === 'string' ? readAddress(recipient) : undefined;
      const shown = typeof recipient === 'object' ? null : recipient;
      if (read?.ok !== true) return { recipient: shown, url: null, headers: null, reason: 'invalid_address' as const };
      const url = `${publicUrl}/u/${tokens.seal({ tenant, stream, address: read.address, expiresAt })}`;
      const headers = { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };
      return { recipient: shown, url, headers };
    });
    return { results, expiresAt: formatTime(expiresAt) };
  });
}

/** @throws Problem 400 */
function endOf(given: string | null | undefined, now: number): number {
  const end = typeof given === 'string' ? parseTime(given) : undefined;
  if (end === undefined) return now + USUAL_LIFE;
  if (end >= now + SHORTEST_LIFE && end <= now + LONGEST_LIFE) return end;
  throw badRequest([{ detail: 'expiresAt: must be at least 30 days and at most 10 years from now', pointer: '#/expiresAt' }]);
}

/** No API key is required: the link is one. Only POST changes anything. */
export async function unsubscribeRoutes(app: HttpApp, options: ApiOptions): Promise<void> {
  const { unsubscribe, time } = options;
  const slots = createConcurrencyLimit({ most: CLICKS, retryAfter: 5, what: 'clicks' });
  const clicks = new Map<string, { readonly at: number; readonly done: Promise<unknown> }>();
  const FORGED: OpenedLink = { kind: 'forged' };
  const open = (token: string): OpenedLink => unsubscribe?.tokens.open(token, time.now()) ?? FORGED;

  for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data']) {
    app.addContentTypeParser(type, { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) => done(null, body));
  }

  /** One append for clicks that come together, or shortly after one another. Rejects when it is not durable. */
  async function follow(token: string, content: LinkContent): Promise<void> {
    const now = time.now();
    const before = clicks.get(token);
    if (before !== undefined && Math.abs(now - before.at) < REPEAT) {
      await before.done;
      return;
    }
    const release = slots.acquire();
    const done = append(options, [eventOf(token, content, now)]);
    putNewest(clicks, [token, { at: now, done }], REMEMBERED);
    try {
      await done;
    } catch (error) {
      clicks.delete(token);
      throw error;
    } finally {
      release();
    }
  }

  app.get(UNSUBSCRIBE_PATH, { schema: GET_UNSUBSCRIBE_PAGE }, async ({ params }, reply) => {
    const opened = open(params.token);
    switch (opened.kind) {
      case 'valid':
        return page(reply, 200, pageOf('ask', opened.content.stream));
      case 'expired':
        return page(reply, 410, pageOf('expired'));
      case 'forged':
        return page(reply, 404, pageOf('forged'));
      default:
        opened satisfies never;
        return reply;
    }
  });

  const clicking = { schema: UNSUBSCRIBE, validatorCompiler: compileAllButBody, bodyLimit: BODY_LIMIT };
  app.post(UNSUBSCRIBE_PATH, clicking, async (request, reply) => {
    const opened = open(request.params.token);
    if (opened.kind !== 'valid') return refuse(request, reply, opened.kind, REFUSED[opened.kind]);
    if (!(await isOneClick(request))) {
      return refuse(request, reply, 'unclear', new Problem(400, 'The body must be List-Unsubscribe=One-Click: nothing was changed.'));
    }
    try {
      await follow(request.params.token, opened.content);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return refuse(request, reply, 'away', error);
    }
    return takesPages(request) ? page(reply, 200, pageOf('done')) : reply.code(200).send({ unsubscribed: true as const });
  });
}

const REFUSED = {
  expired: new Problem(410, 'This link has expired: nothing was changed.'),
  forged: new Problem(404, 'This link is cut, changed, or of a secret that is not configured any more: nothing was changed.'),
} as const;

/** A page where the client takes one, otherwise the problem. */
function refuse(request: FastifyRequest, reply: FastifyReply, kind: PageKind, problem: Problem): FastifyReply {
  if (!takesPages(request)) throw problem;
  return page(reply.headers({ ...problem.more.headers }), problem.status, pageOf(kind));
}

function page(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header('content-security-policy', PAGE_POLICY).type('text/html; charset=utf-8').send(Buffer.from(text));
}

/** Browsers name the type; mailbox providers do not look at the answer. */
function takesPages({ headers }: FastifyRequest): boolean {
  return headers.accept?.includes('text/html') === true;
}

async function isOneClick({ headers, body }: FastifyRequest): Promise<boolean> {
  if (!Buffer.isBuffer(body)) return false;
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- what is said against it is about large bodies: this one has 4 KiB at most
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': headers['content-type'] ?? '' } }).formData();
    return form.get('List-Unsubscribe') === 'One-Click';
  } catch {
    return false;
  }
}

/**
 * The same id for the same link within some seconds, so that a repeat is a duplicate. Not for longer: somebody who was released meanwhile may
 * unsubscribe again. Only who has the link can know the id.
 */
function eventOf(token: string, { tenant, stream, address }: LinkContent, now: number): { readonly key: string; readonly value: string } {
  const id = contentHash(['unsubscribe link', token, Math.floor(now / REPEAT)]);
  return encodeEvent({ id, tenant, stream, recipient: address, type: 'unsubscribed', occurredAt: now, source: 'unsubscribe-link' });
}
