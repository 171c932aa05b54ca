/** `/v1/dead-letters`: what could not be read, and sending it again after a fix. Through the log, never beside it. */
import { formatTime, NAME } from '@desist/formats/event';
import type { LogBounds, OffsetRange, StoredDeadLetter } from '@desist/pipeline';
import { InvalidCursorError, LogError, StoreError } from '@desist/pipeline';
import { createConcurrencyLimit } from '../concurrency-limit.ts';
import { entryOf, recorded } from '../audit.ts';
import type { Caller } from '../http/access.ts';
import { loggedName, tenantsOf } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { Problem, unavailable } from '../http/problem.ts';
import type { ApiOptions, DeadLetters } from '../options.ts';
import { GET_DEAD_LETTER, LETTERS, LIST_DEAD_LETTERS, RESEND_DEAD_LETTER } from '../schemas/dead-letters.ts';

/** Seconds. */
const RETRY_AFTER = 5;

export async function deadLetterRoutes(app: HttpApp, { deadLetters: log, logger, trail, time }: ApiOptions): Promise<void> {
  if (log === undefined) return;
  const config = { role: 'operator' } as const;
  // A record may have 768 KiB, and a reader of Kafka joins a group: one after the other.
  const slots = createConcurrencyLimit({ most: 1, retryAfter: RETRY_AFTER, what: 'reads of dead letters' });

  async function readAll(ranges: readonly OffsetRange[], each: (letter: StoredDeadLetter) => void): Promise<void> {
    const release = slots.acquire();
    try {
      for await (const letter of (log as DeadLetters).readDeadLetters(ranges)) each(letter);
    } finally {
      release();
    }
  }

  /** @throws Problem 404, also for what the caller may not see */
  async function find(id: string, caller: Caller): Promise<StoredDeadLetter> {
    const [, partition, offset] = /^(\d{1,6})-(\d{1,15})$/.exec(id) ?? [];
    const found: StoredDeadLetter[] = [];
    if (partition !== undefined) {
      const from = Number(offset);
      await readAll([{ partition: Number(partition), from, to: from + 1 }], (letter) => found.push(letter));
    }
    const [letter] = found;
    if (letter === undefined || !isVisible(letter, caller.tenants === '*' ? undefined : caller.tenants)) {
      throw new Problem(404, 'There is no dead letter of this id: it may have been deleted by age.');
    }
    return letter;
  }

  app.get('/v1/dead-letters', { schema: LIST_DEAD_LETTERS, config }, async ({ query, caller }) => {
    const { tenant, reason, cursor, limit = LETTERS.usual } = query;
    const tenants = tenantsOf(caller, tenant);
    const page = pageOf(await log.deadLetterBounds(), cursor === undefined ? [] : positionIn(cursor), limit);
    const items: (ReturnType<typeof letterValue> & { readonly at: number })[] = [];
    if (page.ranges.length > 0) {
      // Only the heads are kept: the values of a page may be 75 MiB.
      await readAll(page.ranges, (letter) => {
        if (!isVisible(letter, tenants) || (reason !== undefined && letter.headers['reason'] !== reason)) return;
        items.push({ ...letterValue(letter), at: letter.recordTime });
      });
    }
    items.reverse().sort((a, b) => b.at - a.at);
    return { items: items.map(({ at: _, ...item }) => item), cursor: page.next === null ? null : encodePosition(page.next) };
  });

  app.get('/v1/dead-letters/:id', { schema: GET_DEAD_LETTER, config }, async ({ params, caller }) => {
    const letter = await find(params.id, caller);
    const text = letter.value === null ? null : utf8(letter.value);
    const value = letter.value === null ? null : (text ?? Buffer.from(letter.value).toString('base64'));
    return { ...letterValue(letter), value, encoding: value === text ? ('utf-8' as const) : ('base64' as const) };
  });

  app.post('/v1/dead-letters/:id/resend', { schema: RESEND_DEAD_LETTER, config }, async (request, reply) => {
    const { params, caller } = request;
    const { resend } = log;
    if (resend === undefined) throw unavailable('This service only reads. Send it to one that writes to the log.');
    const letter = await find(params.id, caller);
    const { id, tenant, reason } = letterValue(letter);
    const why = whyNot(letter);
    if (why !== undefined) throw new Problem(409, `This record cannot be sent again: ${why}.`);
    const entry = entryOf(request, { action: 'dead_letter_resent', tenant, target: id, detail: { reason } }, time.now());
    const appended = await recorded({ trail, logger }, entry, 'accepted', () =>
      durably(() => resend({ key: letter.key, value: letter.value })),
    );
    logger.info({ caller: loggedName(caller), letter: id, tenant, reason, ...appended }, 'a dead letter was sent again');
    return reply.code(202).send({ id, appended });
  });
}

/** Why it would never be read, or never was ours. */
function whyNot({ key, value, headers }: StoredDeadLetter): string | undefined {
  if (headers['topic'] === undefined) return 'it never was in the delivery events; let its source send it again';
  if ('truncated' in headers || 'truncated-key' in headers) return 'it was too long, and the rest is lost; let its producer send it again';
  if (key === null) return 'it has no key, so its place among the records of its recipient is not known';
  return value === null ? 'it has no content' : undefined;
}

async function durably<T>(append: () => Promise<T>): Promise<T> {
  try {
    return await append();
  } catch (error) {
    if (!(error instanceof LogError || error instanceof StoreError)) throw error;
    throw unavailable('The log did not confirm the record. Send it again: duplicates are harmless.');
  }
}

interface LettersPage {
  readonly ranges: readonly OffsetRange[];
  /** Null: there is nothing below. */
  readonly next: Position | null;
}

/** Below which offset a partition was not read yet; a partition that is not named was not read at all. */
type Position = readonly (number | null)[];

/** The newest offsets that were not read yet: so many of all partitions together. */
function pageOf(bounds: ReadonlyMap<number, LogBounds>, before: Position, limit: number): LettersPage {
  const left = [...bounds]
    .map(([partition, { low, high }]) => ({ partition, low, to: Math.min(high, before[partition] ?? high) }))
    .filter(({ low, to }) => to > low)
    .sort((a, b) => a.partition - b.partition);
  const used = left.slice(0, limit);
  const share = Math.max(1, Math.floor(limit / Math.max(1, used.length)));
  const ranges = used.map(({ partition, low, to }) => ({ partition, from: Math.max(low, to - share), to }));
  const next: (number | null)[] = [...before];
  for (const { partition, from } of ranges) {
    while (next.length < partition) next.push(null);
    next[partition] = from;
  }
  const isOver = left.every(({ partition, low }) => (next[partition] ?? Number.POSITIVE_INFINITY) <= low);
  return { ranges, next: isOver ? null : next };
}

function encodePosition(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function positionIn(cursor: string): Position {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    value = undefined;
  }
  if (Array.isArray(value) && value.every((one) => one === null || (Number.isSafeInteger(one) && (one as number) >= 0))) {
    return value as Position;
  }
  throw new InvalidCursorError('this cursor is not one that was given out for this list');
}

function letterValue({ partition, offset, recordTime, key, value, headers }: StoredDeadLetter) {
  const { reason = 'unknown', detail = '', topic } = headers;
  const text = key === null ? null : utf8(key);
  return {
    id: `${partition}-${offset}`,
    reason,
    detail,
    recordedAt: formatTime(recordTime),
    tenant: tenantIn(text),
    key: text,
    size: Number(headers['truncated'] ?? value?.length ?? 0),
    truncated: 'truncated' in headers || 'truncated-key' in headers,
    origin: topic === undefined ? null : { topic, partition: Number(headers['partition']), offset: Number(headers['offset']) },
  };
}

/** Of a key `tenant/address`. */
function tenantIn(key: string | null): string | null {
  const tenant = key?.slice(0, Math.max(0, key.indexOf('/'))) ?? '';
  return NAME.test(tenant) ? tenant : null;
}

/** `tenants` undefined: every record. Otherwise key and content must both name one of them: a wrong key may stand on another's record. */
function isVisible({ key, value }: StoredDeadLetter, tenants: readonly string[] | undefined): boolean {
  if (tenants === undefined) return true;
  const named = tenantIn(key === null ? null : utf8(key));
  if (named === null || value === null || !tenants.includes(named)) return false;
  try {
    const { tenant = 'default' } = JSON.parse(utf8(value) ?? '') as { tenant?: unknown };
    return typeof tenant === 'string' && tenants.includes(tenant);
  } catch {
    return false;
  }
}

const strict = new TextDecoder('utf-8', { fatal: true });

/** Null: the bytes are no UTF-8. */
function utf8(bytes: Uint8Array): string | null {
  try {
    return strict.decode(bytes);
  } catch {
    return null;
  }
}
