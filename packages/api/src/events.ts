/** `POST /v1/events`: canonical delivery events, 202 when the log has them. */
import { encodeEvent, parseEvent } from '@desist/contracts';
import { COMMAND_TYPES } from '@desist/domain';
import type { LogEvent } from '@desist/domain';
import { LogError, StoreError } from '@desist/pipeline';
import type { FastifyInstance } from 'fastify';
import { itemsOf, Lines, readLines } from './input.ts';
import type { ItemError } from './problem.ts';
import { Problem, unavailable } from './problem.ts';
import type { ApiOptions } from './server.ts';

/** An event that leaves its recipient out. */
export interface UnnamedEvent {
  readonly value: object;
  readonly tenant: string;
  readonly messageId: string;
}

export interface Encoded {
  readonly key: string;
  readonly value: string;
}

export async function eventRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { time } = options;
  readLines(app);
  app.post('/v1/events', async (request, reply) => {
    const items = itemsOf(request.body);
    const now = time.now();
    const good: LogEvent[] = [];
    const errors: ItemError[] = [];
    for (const [index, read] of (await readAll(items, request.body instanceof Lines, options, now)).entries()) {
      if ('recipient' in read) good.push(read);
      else errors.push({ index, ...read });
    }
    if (good.length === 0) throw new Problem(400, 'None of the items is a delivery event.', { members: { errors } });
    await append(options, good.map(encodeEvent));
    await options.accepted?.(good);
    return reply.code(202).send({ accepted: good.length, rejected: errors.length, errors });
  });
}

type Read = LogEvent | Omit<ItemError, 'index'>;

/** One answer per item. A report may leave its recipient out, where it names a message of which that is remembered. */
async function readAll(items: readonly unknown[], isText: boolean, { recall }: ApiOptions, now: number): Promise<readonly Read[]> {
  const values = isText ? items.map((item) => jsonOf(item as string)) : items;
  const unnamed = recall === undefined ? [] : values.flatMap((value) => unnamedOf(value) ?? []);
  const answers = unnamed.length === 0 ? [] : await (recall as NonNullable<typeof recall>)(unnamed);
  const known = new Map(unnamed.map(({ value }, index) => [value, answers[index]]));
  return values.map((value): Read => {
    if (value === undefined) return { reason: 'unreadable', detail: 'not JSON' };
    if (!known.has(value as object)) return readEvent(value, now);
    const recipient = known.get(value as object);
    if (recipient === undefined) return { reason: 'no_recipient', detail: 'recipient: missing, and nothing is known of the message' };
    return readEvent({ ...(value as object), recipient }, now);
  });
}

/** Undefined when it is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function unnamedOf(value: unknown): UnnamedEvent | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { recipient, messageId, tenant = 'default' } = value as Readonly<Record<string, unknown>>;
  if (recipient !== undefined || typeof messageId !== 'string' || typeof tenant !== 'string') return undefined;
  return { value, tenant, messageId };
}

function readEvent(json: unknown, now: number): Read {
  if (isCommandValue(json)) return { reason: 'invalid', detail: 'type: a command; commands go to /v1/commands' };
  const parsed = parseEvent(json, now);
  return parsed.ok ? parsed.event : { reason: parsed.reason, detail: parsed.detail };
}

function isCommandValue(json: unknown): boolean {
  const type = typeof json === 'object' && json !== null ? (json as { type?: unknown }).type : undefined;
  return (COMMAND_TYPES as readonly unknown[]).includes(type);
}

/** One durable call for all of them. What a failed call left behind is repeated under the same ids. */
export async function append({ append, logger }: ApiOptions, records: readonly Encoded[]): Promise<void> {
  if (append === undefined) throw unavailable('This service only reads. Send it to one that writes to the log.');
  try {
    await append(records);
  } catch (error) {
    if (!(error instanceof LogError || error instanceof StoreError)) throw error;
    logger.warn({ error: error.name, kind: error.kind, records: records.length }, 'records were not appended');
    throw unavailable('The log did not confirm the records. Repeat the whole request: duplicates are harmless.');
  }
}
