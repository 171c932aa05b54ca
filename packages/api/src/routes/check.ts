/** `POST /v1/check`: whether one may send. One answer per recipient, whatever was sent. */
import { decide, StoreError } from '@desist/pipeline';
import type { Checked, CheckedAll } from '@desist/pipeline';
import type { Address } from '@desist/domain';
import { readRecipient } from '../address.ts';
import { tenantOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import type { ApiOptions } from '../options.ts';
import { CHECK_RECIPIENTS } from '../schemas/check.ts';
import type { CheckResponse } from '../schemas/check.ts';
import { checkedValue, when } from '../values.ts';
import { FINE, writeResults } from './check-results.ts';
import type { Answer } from './check-results.ts';

/** How long a check waits for the database, ms, when the stream has a configured answer without it. */
const PATIENCE = 2_000;

export async function checkRoutes(app: HttpApp, { reader, time, whenAway, logger }: ApiOptions): Promise<void> {
  app.post('/v1/check', { schema: CHECK_RECIPIENTS, config: { role: 'reader' } }, async ({ body, caller }, reply) => {
    const tenant = tenantOf(caller, body.tenant);
    const stream = body.stream ?? 'default';
    const { recipients } = body;
    const isListed = body.suppressions === true;
    const away = body.whenAway ?? whenAway?.(stream) ?? 'error';
    const { indexes, addresses } = addressesIn(recipients);
    const send = (results: string, rest: string) =>
      // Already serialised, so the type has to be asserted.
      reply.type('application/json; charset=utf-8').send(`{"results":[${results}],${rest}}` as unknown as CheckResponse);

    let found: CheckedAll;
    try {
      const pending = reader.check(tenant, addresses);
      found = await (away === 'error' ? pending : within(PATIENCE, pending));
    } catch (error) {
      if (away === 'error' || !(error instanceof StoreError) || error.kind !== 'unavailable') throw error;
      logger.warn({ stream, answered: away, recipients: recipients.length }, 'a check was answered without the database');
      return send(
        writeResults(recipients, indexes, () => AWAY[away]),
        '"asOf":[],"degraded":true',
      );
    }
    const now = time.now();
    const results = writeResults(recipients, indexes, (index) => {
      const checked = found.checked[index];
      if (checked === undefined) throw new Error('the reader omitted an address');
      return answerOf(checked, { stream, now, isListed });
    });
    const asOf = found.clocks.map(({ partition, clock }) => ({ partition, clock: when(clock) }));
    return send(results, `"asOf":${JSON.stringify(asOf)}`);
  });
}

const AWAY: Readonly<Record<'open' | 'closed', Answer>> = {
  open: { allowed: true, reasons: [], state: null, expiresAt: null },
  closed: { allowed: false, reasons: ['unavailable'], state: null, expiresAt: null },
};

/** The normalised addresses among the recipients, and their indexes. */
function addressesIn(recipients: readonly unknown[]): { readonly indexes: readonly number[]; readonly addresses: readonly Address[] } {
  const indexes: number[] = [];
  const addresses: Address[] = [];
  for (const [place, sent] of recipients.entries()) {
    const read = typeof sent === 'string' ? readRecipient(sent) : undefined;
    if (read?.ok !== true) continue;
    indexes.push(place);
    addresses.push(read.address);
  }
  return { indexes, addresses };
}

interface AnswerOptions {
  readonly stream: string;
  /** ms */
  readonly now: number;
  /** The suppressions are listed, too. */
  readonly isListed: boolean;
}

function answerOf(checked: Checked, { stream, now, isListed }: AnswerOptions): Answer {
  const isOnProbation = checked.probationUntil !== null && checked.probationUntil >= now;
  if (checked.suppressions.length === 0 && checked.state === 'healthy' && !checked.erased && !isListed && !isOnProbation) return FINE;
  const { allowed, reasons, expiresAt } = decide(checked, stream, now);
  return {
    ...{ allowed, reasons, state: checked.state, expiresAt: when(expiresAt) },
    ...(checked.erased ? { forgotten: true } : {}),
    ...(isOnProbation ? { probation: true } : {}),
    ...(isListed ? { suppressions: checked.suppressions.map(checkedValue) } : {}),
  };
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
    // Without a handler, a later rejection of `work` would end the process.
    work.catch(() => undefined);
  }
}
