/** `POST /v1/commands`: what an operator asks for, through the log like everything else. All of them or none. */
import { setTimeout as sleep } from 'node:timers/promises';
import { contentHash, encodeEvent, EVENT_VERSION, formatTime, parseEvent } from '@desist/contracts';
import { isCommand } from '@desist/domain';
import type { Command } from '@desist/domain';
import type { Appended } from '@desist/pipeline';
import type { FastifyInstance } from 'fastify';
import type { Caller } from './access.ts';
import { defaultTenant, mayUse } from './access.ts';
import { append } from './events.ts';
import { byOf, itemsOf } from './input.ts';
import type { ItemError } from './problem.ts';
import { Problem } from './problem.ts';
import { COMMANDS_DOC } from './schemas.ts';
import type { ApiOptions } from './server.ts';

/** Printable ASCII, as header values are. */
const KEY = /^[\x21-\x7e]{1,255}$/;
const LONGEST_WAIT = 30;

export async function commandRoutes(app: FastifyInstance, options: ApiOptions): Promise<void> {
  const { logger } = options;
  app.post('/v1/commands', { schema: COMMANDS_DOC, config: { role: 'operator' } }, async (request, reply) => {
    const { caller } = request;
    const key = keyOf(request.headers['idempotency-key']);
    const wait = waitOf(request.headers['prefer']);
    const items = itemsOf(request.body);
    const now = options.time.now();
    const commands: Command[] = [];
    const errors: ItemError[] = [];
    for (const [index, item] of items.entries()) {
      const read = readCommand(item, caller, now, key === undefined ? undefined : idOf(key, index, item));
      if ('recipient' in read) commands.push(read);
      else errors.push({ index, ...read });
    }
    const first = errors[0];
    if (first !== undefined) {
      const all = errors.length === items.length ? '' : ' Nothing of the request was done.';
      const forbidden = errors.every(({ reason }) => reason === 'forbidden');
      throw new Problem(forbidden ? 403 : 400, `${first.detail}.${all}`, { members: { errors } });
    }
    const appended = await append(options, commands.map(encodeEvent));
    logger.info(
      { caller: caller.name, commands: countsOf(commands), tenants: [...new Set(commands.map(({ tenant }) => tenant))] },
      'commands accepted',
    );
    const answer = { accepted: commands.length, ids: commands.map(({ id }) => id) };
    if (wait === undefined) return reply.code(202).send(answer);
    const folded = await isFolded(options, appended, wait * 1_000);
    return reply
      .code(folded ? 200 : 202)
      .header('preference-applied', `wait=${wait}`)
      .send({ ...answer, folded });
  });
}

/** Of the audit line: how many of which type. Never an address. */
function countsOf(commands: readonly Command[]): Readonly<Record<string, number>> {
  const counts: Partial<Record<Command['type'], number>> = {};
  for (const { type } of commands) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
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

/** `Prefer: wait=10` (RFC 7240): answer when the engine has folded them, or after so many seconds. Other preferences are ignored. */
function waitOf(header: string | readonly string[] | undefined): number | undefined {
  const match = /(?:^|[\s,;])wait\s*=\s*"?(\d{1,6})"?(?=$|[\s,;])/i.exec([header ?? ''].flat().join(','));
  return match === null ? undefined : Math.min(Number(match[1]), LONGEST_WAIT);
}

async function isFolded({ reader }: ApiOptions, appended: readonly Appended[], patience: number): Promise<boolean> {
  const wanted = new Map<number, number>();
  for (const { partition, offset } of appended) wanted.set(partition, Math.max(wanted.get(partition) ?? 0, offset + 1));
  const until = performance.now() + patience;
  for (let pause = 20; ; pause = Math.min(pause * 2, 250)) {
    const positions = await reader.positions();
    if ([...wanted].every(([partition, next]) => (positions.get(partition) ?? 0) >= next)) return true;
    const left = until - performance.now();
    if (left <= 0) return false;
    await sleep(Math.min(pause, left));
  }
}

/** `id`: for a command that has none; without it the id follows from the content, the moment included. */
function readCommand(item: unknown, caller: Caller, now: number, id: string | undefined): Command | Omit<ItemError, 'index'> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return { reason: 'unreadable', detail: 'not a JSON object' };
  const given = item as Readonly<Record<string, unknown>>;
  const own = given['id'] === undefined || given['id'] === null || given['id'] === '' ? id : given['id'];
  const parsed = parseEvent(
    {
      ...given,
      version: given['version'] ?? EVENT_VERSION,
      occurredAt: given['occurredAt'] ?? formatTime(now),
      tenant: given['tenant'] ?? defaultTenant(caller),
      by: byOf(given['by'], caller),
      id: own,
    },
    now,
  );
  if (!parsed.ok) return { reason: parsed.reason, detail: parsed.detail };
  const { event } = parsed;
  if (!isCommand(event)) return { reason: 'invalid', detail: 'type: a delivery event; those go to /v1/events' };
  if (!mayUse(caller, event.tenant)) return { reason: 'forbidden', detail: 'tenant: this key is for other tenants' };
  return event;
}
