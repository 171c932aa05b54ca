/** `POST /v1/events`: canonical delivery events, 202 when the log has them. */
import { encodeEvent, parseEvent } from '@desist/contracts';
import { COMMAND_TYPES } from '@desist/domain';
import { LogError, StoreError } from '@desist/pipeline';
import type { FastifyInstance } from 'fastify';
import { itemsOf, Lines, readLines } from './input.ts';
import type { ItemError } from './problem.ts';
import { Problem, unavailable } from './problem.ts';
import type { ApiOptions } from './server.ts';
import { withRecipients } from './unnamed.ts';

export interface Encoded {
  readonly key: string;
  readonly value: string;
}

export async function eventRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { time } = options;
  readLines(app);
  app.post('/v1/events', async (request, reply) => {
    const items = await withRecipients(itemsOf(request.body), options);
    const now = time.now();
    const good: Encoded[] = [];
    const errors: ItemError[] = [];
    for (const [index, item] of items.entries()) {
      const read = readEvent(item, request.body instanceof Lines, now);
      if ('key' in read) good.push(read);
      else errors.push({ index, ...read });
    }
    if (good.length === 0) throw new Problem(400, 'None of the items is a delivery event.', { members: { errors } });
    await append(options, good);
    await options.accepted?.(good);
    return reply.code(202).send({ accepted: good.length, rejected: errors.length, errors });
  });
}

function readEvent(item: unknown, isText: boolean, now: number): Encoded | Omit<ItemError, 'index'> {
  let json = item;
  if (isText) {
    try {
      json = JSON.parse(item as string);
    } catch {
      return { reason: 'unreadable', detail: 'not JSON' };
    }
  }
  if (isCommandValue(json)) return { reason: 'invalid', detail: 'type: a command; commands go to /v1/commands' };
  const parsed = parseEvent(json, now);
  return parsed.ok ? encodeEvent(parsed.event) : { reason: parsed.reason, detail: parsed.detail };
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
