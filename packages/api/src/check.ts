/** `POST /v1/check`: may I send? One answer per recipient, whatever was sent. */
import { normaliseAddress } from '@desist/contracts';
import { decide, StoreError } from '@desist/pipeline';
import type { CheckedAll } from '@desist/pipeline';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { tenantOf } from './access.ts';
import { checkCount, nameOf, objectOf } from './input.ts';
import { when } from './output.ts';
import { Problem } from './problem.ts';
import { CHECK_DOC } from './schemas.ts';
import type { ApiOptions } from './server.ts';

/** What to say of a stream's recipients while the database is away: send, do not send, or a 503. */
export const WHEN_AWAY = ['open', 'closed', 'error'] as const;
export type WhenAway = (typeof WHEN_AWAY)[number];

interface Answer {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
  readonly state: string | null;
  readonly expiresAt: string | null;
  readonly forgotten?: true;
}

/** ms that a check waits for the database where the stream says what to do without it. */
const PATIENCE = 2_000;

export async function checkRoute(app: FastifyInstance, { reader, time, whenAway, logger }: ApiOptions): Promise<void> {
  app.post('/v1/check', { schema: CHECK_DOC, config: { role: 'reader' } }, async (request, reply) => {
    const body = objectOf(request.body);
    const tenant = tenantOf(request.caller, body['tenant']);
    const stream = nameOf(body['stream'], 'stream');
    const recipients: unknown = body['recipients'];
    if (!Array.isArray(recipients)) throw new Problem(400, 'recipients: must be an array of email addresses');
    checkCount(recipients);
    const away = awayOf(body['whenAway']) ?? whenAway?.(stream) ?? 'error';
    const places: number[] = [];
    const addresses: string[] = [];
    for (const [place, sent] of (recipients as unknown[]).entries()) {
      const normalised = typeof sent === 'string' ? normaliseAddress(sent) : undefined;
      if (normalised?.ok !== true) continue;
      places.push(place);
      addresses.push(normalised.address);
    }
    let found: CheckedAll;
    try {
      found = await (away === 'error' ? reader.check(tenant, addresses) : within(PATIENCE, reader.check(tenant, addresses)));
    } catch (error) {
      if (away === 'error' || !(error instanceof StoreError) || error.kind !== 'unavailable') throw error;
      logger.warn({ stream, answered: away, recipients: recipients.length }, 'a check was answered without the database');
      const answer: Answer = { allowed: away === 'open', reasons: away === 'open' ? [] : ['unavailable'], state: null, expiresAt: null };
      const results = resultsOf(recipients, places, () => answer);
      return send(reply, results, '[],"degraded":true');
    }
    const now = time.now();
    const results = resultsOf(recipients, places, (index) => {
      const checked = found.checked[index];
      if (checked === undefined) throw new Error('the reader left an address out');
      if (checked.suppressions.length === 0 && checked.state === 'healthy' && !checked.forgotten) return FINE;
      const { allowed, reasons, expiresAt } = decide(checked, stream, now);
      const answer: Answer = { allowed, reasons, state: checked.state, expiresAt: when(expiresAt) };
      return checked.forgotten ? { ...answer, forgotten: true } : answer;
    });
    return send(reply, results, JSON.stringify(found.clocks.map(({ partition, clock }) => ({ partition, clock: when(clock) }))));
  });
}

const FINE: Answer = { allowed: true, reasons: [], state: 'healthy', expiresAt: null };
const INVALID: Answer = { allowed: false, reasons: ['invalid_address'], state: null, expiresAt: null };

/**
 * One answer per recipient, in order, as JSON: `answer` for those that are an address, by their number among those. Of ten thousand
 * answers nearly all are like others, and only the recipient differs: writing them out as objects would take half of the call's time.
 */
function resultsOf(recipients: readonly unknown[], places: readonly number[], answer: (index: number) => Answer): string {
  const written = new Map<string, string>();
  const fine = restOf(FINE);
  let index = 0;
  let text = '';
  for (const [place, recipient] of recipients.entries()) {
    const isAddress = places[index] === place;
    const one = isAddress ? answer(index) : INVALID;
    if (isAddress) index += 1;
    let rest = fine;
    if (one !== FINE) {
      const key = `${one.state ?? ''} ${one.reasons.join()} ${one.expiresAt ?? ''} ${one.forgotten === true ? 'f' : ''}`;
      rest = written.get(key) ?? restOf(one);
      if (written.size < 1_000) written.set(key, rest);
    }
    text += `${place === 0 ? '' : ','}{"recipient":${JSON.stringify(recipient)}${rest}`;
  }
  return text;
}

/** Of an answer's JSON, what follows the recipient. */
function restOf(answer: Answer): string {
  return `,${JSON.stringify(answer).slice(1)}`;
}

function send(reply: FastifyReply, results: string, asOf: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(`{"results":[${results}],"asOf":${asOf}}`);
}

function awayOf(value: unknown): WhenAway | undefined {
  if (value === undefined || value === null) return undefined;
  const known = WHEN_AWAY.find((one) => one === value);
  if (known === undefined) throw new Problem(400, `whenAway: must be one of ${WHEN_AWAY.join(', ')}`);
  return known;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreError('unavailable', `no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // The loser may still fail later, when nobody listens any more.
    work.catch(() => undefined);
  }
}
