/** `POST /v1/commands`: appends commands of operators to the log. All of them or none. */
import { setTimeout as sleep } from 'node:timers/promises';
import { contentHash, encodeEvent, EVENT_VERSION, formatTime, parseEvent } from '@desist/formats/event';
import { DELIVERY_EVENT_TYPES, isCommand } from '@desist/domain';
import type { Command as ParsedCommand } from '@desist/domain';
import { StoreError } from '@desist/pipeline';
import type { CommandOutcome } from '@desist/pipeline';
import type { Caller } from '../http/access.ts';
import { defaultTenant, loggedName, mayUse, signedBy } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { compileAllButBody, itemsOf, sortItems } from '../http/items.ts';
import type { ItemMistake, Refusal } from '../http/items.ts';
import { Problem } from '../http/problem.ts';
import { validatorOf } from '../http/validation.ts';
import type { ApiOptions } from '../options.ts';
import { SEND_COMMANDS } from '../schemas/commands.ts';
import { Command } from '../schemas/items.ts';
import type { Item } from '../schemas/items.ts';
import { entryOf, noteBefore } from '../audit.ts';
import type { Act } from '../audit.ts';
import { append, demandWriting } from './append.ts';

/** Seconds. */
const LONGEST_WAIT = 30;
const mistakesOf = validatorOf(Command);

export async function commandRoutes(app: HttpApp, options: ApiOptions): Promise<void> {
  const { logger } = options;
  app.post(
    '/v1/commands',
    { schema: SEND_COMMANDS, config: { role: 'operator' }, validatorCompiler: compileAllButBody },
    async (request, reply) => {
      const { headers, body, caller } = request;
      const key = headers['idempotency-key'];
      const wait = waitIn(headers.prefer ?? '');
      const now = options.time.now();
      const items = itemsOf(body);
      const { good: commands, mistakes } = sortItems(items, (item, index) =>
        readCommand(item, { caller, now, id: key === undefined ? undefined : idOf(caller, key, index, item) }),
      );
      if (mistakes.length > 0) throw refused(mistakes, commands.length === 0);
      // Before anything is recorded: nothing is done here.
      demandWriting(options);
      const note = await noteBefore(
        { trail: options.trail, logger },
        commands.map((command, index) => entryOf(request, actOf(command, claimedBy(items[index])), now, 'unconfirmed')),
      );
      const expected = wait !== undefined && (await expect(options, commands));
      await append(options, commands.map(encodeEvent));
      await note.settle('accepted');
      logger.info(
        { caller: loggedName(caller), commands: countsOf(commands), tenants: [...new Set(commands.map(({ tenant }) => tenant))] },
        'commands accepted',
      );
      const answer = { accepted: commands.length, ids: commands.map(({ id }) => id) };
      if (wait === undefined) return reply.code(202).send(answer);
      void reply.header('preference-applied', `wait=${wait}`);
      const outcomes = expected ? await outcomesOf(options, commands, wait * 1_000) : undefined;
      if (outcomes === undefined) return reply.code(202).send({ ...answer, folded: false });
      const notApplied = outcomes.filter(({ outcome }) => outcome !== 'applied');
      if (notApplied.length === 0) {
        await note.settle('applied');
        return reply.code(200).send({ ...answer, folded: true });
      }
      const isRefused = new Set(notApplied.map(nameOf));
      const places = [...commands.keys()];
      const refusedAt = places.filter((place) => isRefused.has(nameOf(commands[place] as ParsedCommand)));
      await note.settle('dead_letter', refusedAt);
      if (refusedAt.length < places.length)
        await note.settle(
          'applied',
          places.filter((place) => !refusedAt.includes(place)),
        );
      const named = notApplied.map(({ outcome, id, reason, detail }) => ({ id, reason: reason ?? outcome, detail: detail ?? '' }));
      return reply.code(200).send({ ...answer, folded: false, refused: named });
    },
  );
}

function refused(mistakes: readonly ItemMistake[], all: boolean): Problem {
  const forbidden = mistakes.every(({ reason }) => reason === 'forbidden');
  const rest = all ? '' : ' Nothing of the request was done.';
  return new Problem(forbidden ? 403 : 400, `${mistakes[0]?.detail ?? ''}.${rest}`, { members: { errors: mistakes } });
}

/** What the caller sent. Of the command itself `by` also names the key. */
function claimedBy(item: unknown): string | null | undefined {
  return (item as { readonly by?: string | null }).by;
}

/** `by`: the person, as the caller says. */
export function actOf(command: ParsedCommand, by: string | null | undefined): Act {
  const { type, tenant, recipient, id, scope, expiresAt, note, force, reason, subdomains, source } = command;
  const detail = {
    scope,
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt === null ? null : formatTime(expiresAt) }),
    ...(force === true ? { force } : {}),
    ...(reason === undefined ? {} : { reason }),
    ...(subdomains === undefined ? {} : { subdomains }),
    ...(source === undefined ? {} : { source }),
  };
  return { action: type, tenant, address: recipient, target: id, by, note, detail };
}

/** Counts by type, for the log line. Contains no address. */
function countsOf(commands: readonly ParsedCommand[]): Readonly<Record<string, number>> {
  const counts: Partial<Record<ParsedCommand['type'], number>> = {};
  for (const { type } of commands) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/**
 * The same id for a repeated request. A different command gets a different id even if the caller reuses a key. The caller's API key is part of
 * it: an event with the same id would make the command a duplicate, so nobody else may know it in advance.
 */
function idOf(caller: Caller, key: string, index: number, item: unknown): string {
  const { type, recipient, scope, reason, expiresAt, note, subdomains } = Object(item ?? {}) as Readonly<Record<string, unknown>>;
  const amends = type === 'amend' ? [reason, expiresAt, note, subdomains] : [];
  return contentHash(['command', caller.hash, key, index, type, recipient, scope, ...amends]);
}

/** `wait` of `Prefer` (RFC 7240): seconds to wait for the engine to fold the commands. */
function waitIn(prefer: string): number | undefined {
  const match = /(?:^|[\s,;])wait\s*=\s*"?(\d{1,6})"?(?=$|[\s,;])/i.exec(prefer);
  return match === null ? undefined : Math.min(Number(match[1]), LONGEST_WAIT);
}

/** Says that the outcomes of these commands will be asked for. False: nobody can tell; they are appended all the same. */
async function expect({ outcomes, logger }: ApiOptions, commands: readonly ParsedCommand[]): Promise<boolean> {
  if (outcomes === undefined) return false;
  try {
    await outcomes.expectCommands(commands);
    return true;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    logger.warn({ kind: error.kind, commands: commands.length }, 'outcomes of commands cannot be waited for');
    return false;
  }
}

/** Waits for each command by its own id: an offset that was passed says nothing about what became of a record. Undefined: not all are folded. */
async function outcomesOf(
  { outcomes }: ApiOptions,
  commands: readonly ParsedCommand[],
  patience: number,
): Promise<readonly CommandOutcome[] | undefined> {
  const until = performance.now() + patience;
  let waiting = new Map(commands.map((command) => [nameOf(command), command]));
  const known: CommandOutcome[] = [];
  for (let pause = 20; ; pause = Math.min(pause * 2, 250)) {
    const found = (await outcomes?.commandOutcomes([...waiting.values()])) ?? [];
    known.push(...found);
    const names = new Set(found.map(nameOf));
    waiting = new Map([...waiting].filter(([name]) => !names.has(name)));
    if (waiting.size === 0) return known;
    const left = until - performance.now();
    if (left <= 0) return undefined;
    await sleep(Math.min(pause, left));
  }
}

function nameOf({ tenant, id }: { readonly tenant: string; readonly id: string }): string {
  return `${tenant} ${id}`;
}

interface RequestContext {
  readonly caller: Caller;
  /** ms */
  readonly now: number;
  /** Id for a command without one. Undefined: derived from the content, including the time. */
  readonly id: string | undefined;
}

function readCommand(item: unknown, context: RequestContext): ParsedCommand | readonly Refusal[] {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return [{ reason: 'unreadable', detail: 'not a JSON object' }];
  const command = item as Item;
  if ((DELIVERY_EVENT_TYPES as readonly unknown[]).includes(command['type'])) {
    return [{ reason: 'invalid', detail: 'type: must be that of a command; delivery events go to /v1/events', pointer: '#/type' }];
  }
  const { version } = command;
  // A command of another version cannot be validated any further.
  if (typeof version !== 'number' || version === EVENT_VERSION) {
    const mistakes = mistakesOf(command);
    if (mistakes.length > 0) return mistakes.map((mistake) => ({ reason: 'invalid', ...mistake }));
  }
  const parsed = parseEvent(completed(command, context), context.now);
  if (!parsed.ok) return [{ reason: parsed.reason, detail: parsed.detail }];
  const { event } = parsed;
  if (!isCommand(event)) throw new Error('the schema accepted an item that is not a command');
  if (!mayUse(context.caller, event.tenant)) {
    return [{ reason: 'forbidden', detail: 'tenant: this key is for other tenants', pointer: '#/tenant' }];
  }
  return event;
}

/** Adds the members that follow from the caller and the time. */
function completed(command: Item, { caller, now, id }: RequestContext): Item {
  return {
    ...command,
    version: command['version'] ?? EVENT_VERSION,
    occurredAt: command['occurredAt'] ?? formatTime(now),
    tenant: command['tenant'] ?? defaultTenant(caller),
    by: signedBy(command['by'] as string | null | undefined, caller),
    id: command['id'] === undefined || command['id'] === null || command['id'] === '' ? id : command['id'],
  };
}
