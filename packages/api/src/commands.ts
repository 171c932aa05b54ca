/** `POST /v1/commands`: what an operator asks for, through the log like everything else. All of them or none. */
import { contentHash, encodeEvent, EVENT_VERSION, formatTime, parseEvent } from '@desist/contracts';
import { isCommand } from '@desist/domain';
import type { Command } from '@desist/domain';
import type { FastifyInstance } from 'fastify';
import { append } from './events.ts';
import { itemsOf } from './input.ts';
import type { ItemError } from './problem.ts';
import { Problem } from './problem.ts';
import type { ApiOptions } from './server.ts';

/** Printable ASCII, as header values are. */
const KEY = /^[\x21-\x7e]{1,255}$/;

export async function commandRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  app.post('/v1/commands', async (request, reply) => {
    const key = keyOf(request.headers['idempotency-key']);
    const items = itemsOf(request.body);
    const now = options.time.now();
    const commands: Command[] = [];
    const errors: ItemError[] = [];
    for (const [index, item] of items.entries()) {
      const read = readCommand(item, now, key === undefined ? undefined : idOf(key, index, item));
      if ('recipient' in read) commands.push(read);
      else errors.push({ index, ...read });
    }
    const first = errors[0];
    if (first !== undefined) {
      const all = errors.length === items.length ? '' : ' Nothing of the request was done.';
      throw new Problem(400, `${first.detail}.${all}`, { members: { errors } });
    }
    await append(options, commands.map(encodeEvent));
    return reply.code(202).send({ accepted: commands.length, ids: commands.map(({ id }) => id) });
  });
}

/** The same for a repeated request; another one for another command, should a caller use a key twice. */
function idOf(key: string, index: number, item: unknown): string {
  const { type, recipient, scope } = (item ?? {}) as Readonly<Record<string, unknown>>;
  return contentHash(['command', key, index, type, recipient, scope]);
}

function keyOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && KEY.test(header)) return header;
  throw new Problem(400, 'Idempotency-Key: must be 1 to 255 printable ASCII characters');
}

/** `id`: for a command that has none; without it the id follows from the content, the moment included. */
function readCommand(item: unknown, now: number, id: string | undefined): Command | Omit<ItemError, 'index'> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return { reason: 'unreadable', detail: 'not a JSON object' };
  const given = item as Readonly<Record<string, unknown>>;
  const own = given['id'] === undefined || given['id'] === null || given['id'] === '' ? id : given['id'];
  const parsed = parseEvent(
    { ...given, version: given['version'] ?? EVENT_VERSION, occurredAt: given['occurredAt'] ?? formatTime(now), id: own },
    now,
  );
  if (!parsed.ok) return { reason: parsed.reason, detail: parsed.detail };
  const { event } = parsed;
  if (!isCommand(event)) return { reason: 'invalid', detail: 'type: a delivery event; those go to /v1/events' };
  if (event.type === 'forget') return { reason: 'invalid', detail: 'type: forget is not supported by this version yet' };
  return event;
}
