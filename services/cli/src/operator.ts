/**
 * `desist suppress`, `release`, `amend`, `allow`, `disallow`, `forget`: operator commands, for single addresses or for a file of them. They are
 * appended to the log. The command returns when they are applied, or reports that they are accepted and pending.
 */
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { parseDuration, parseTime, formatTime } from '@desist/formats/event';
import type { Client } from './client.ts';
import { seconds, SERVICE_OPTIONS, value } from './command.ts';
import { CommandError, EXIT } from './exit.ts';
import { createProgress } from './progress.ts';
import { linesOf } from './read-lines.ts';
import type { Effects } from './release-effects.ts';
import { effectLines, effectsOf, suppressionsOf, mergedEffects } from './release-effects.ts';
import { say, sayJson } from './terminal.ts';

export type Operation = 'suppress' | 'release' | 'amend' | 'allow' | 'disallow' | 'forget';

export const ADDRESSES = {
  name: 'ADDRESS',
  summary: 'of the recipients',
  least: 0,
  most: Number.POSITIVE_INFINITY,
};

export const OPERATOR_OPTIONS = {
  file: value('FILE', 'addresses, one per line; - for standard input'),
  tenant: value('TENANT', 'whose list'),
  note: value('TEXT', 'why; shown by `desist why`'),
  by: value('WHO', 'default: the user of this machine'),
  wait: seconds('wait so long until the engine has folded it; 0: do not wait', 30, 10),
  idempotencyKey: value('KEY', 'a repeat with the same key and addresses is applied once'),
  ...SERVICE_OPTIONS,
};

interface OperateOptions {
  readonly tenant?: string;
  readonly scope?: string;
  readonly expires?: string;
  readonly note?: string;
  readonly by?: string;
  readonly force?: boolean;
  /** `amend` only. */
  readonly reason?: string;
  /** Of domains. */
  readonly subdomains?: boolean;
  readonly source?: string;
  /** One address per line; `-` is standard input. */
  readonly file?: string;
  readonly idempotencyKey?: string;
  /** Seconds to wait until the commands are folded. */
  readonly wait: number;
  /** `forget` asks nothing. */
  readonly yes?: boolean;
  readonly json: boolean;
}

interface Answer {
  readonly accepted: number;
  readonly ids: readonly string[];
  /** Each was applied. */
  readonly folded?: boolean;
  /** Those that were read and not applied. */
  readonly refused?: readonly Refused[];
}

interface Refused {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
}

const COMMANDS_PER_REQUEST = 1_000;

/** Exit code: 1 when a release lifted nothing or something was refused, otherwise 0. */
export async function operate(client: Client, type: Operation, addresses: readonly string[], options: OperateOptions): Promise<number> {
  if (addresses.length === 0 && options.file === undefined)
    throw new CommandError(EXIT.usage, 'give addresses, or --file F with one per line');
  const { tenant, scope, note, force, reason, source, json } = options;
  const expiresAt = options.expires === undefined ? undefined : momentOf(options.expires, type);
  // Not given is the default of every command but `amend`.
  const subdomains = type === 'amend' || options.subdomains === true ? options.subdomains : undefined;
  const by = options.by ?? userName();
  if (type === 'forget' && options.yes !== true) await confirm(addresses, options);
  // Each request has its own key, so that a repeat with the same key is applied once.
  const key = options.idempotencyKey ?? randomUUID();
  const progress = createProgress('addresses');
  const effects: (Effects | undefined)[] = [];
  let sent = 0;
  let pending = 0;
  const refused: Refused[] = [];
  let piece = 0;
  for await (const recipients of pieces(addresses, options.file)) {
    const commands = recipients.map((recipient) => {
      return { type, tenant, recipient, scope, expiresAt, by, note, force, reason, subdomains, source };
    });
    const headers = { 'idempotency-key': piece === 0 ? key : `${key}.${piece}`, prefer: `wait=${options.wait}` };
    const before = type === 'release' ? await suppressionsOf(client, recipients, options) : undefined;
    let answer: Answer;
    try {
      answer = (await client.post('/v1/commands', commands, headers)) as Answer;
    } catch (error) {
      if (!(error instanceof CommandError) || sent === 0) throw error;
      throw new CommandError(error.code, `${error.message}\n${sent} were accepted before; to continue: --idempotency-key ${key}`);
    }
    piece += 1;
    sent += recipients.length;
    const isRead = answer.folded === true || answer.refused !== undefined;
    if (!isRead) pending += recipients.length;
    refused.push(...(answer.refused ?? []));
    const effect = before === undefined || !isRead ? undefined : effectsOf(before, await suppressionsOf(client, recipients, options));
    effects.push(effect);
    if (json) sayJson({ ...answer, ...effect });
    else progress.at(sent);
  }
  progress.end();
  const known = effects.filter((effect) => effect !== undefined);
  const lifted = type === 'release' && pending === 0 && known.length === effects.length && sent > 0 ? mergedEffects(known) : undefined;
  if (!json) {
    if (sent === 0) say(`${type}: no addresses were given`);
    else if (pending > 0) say(`${type}: ${sent} accepted, durable in the log; ${pending} of them pending: they will be folded in order`);
    else if (type === 'release') say(...effectLines(lifted, sent));
    else say(`${type}: ${sent - refused.length} done`);
    say(...refusedLines(type, refused));
  }
  if (refused.length > 0) return EXIT.no;
  return lifted?.lifted.length === 0 ? EXIT.no : EXIT.done;
}

/** By reason: thousands may be refused for the same one. */
function refusedLines(type: Operation, refused: readonly Refused[]): readonly string[] {
  const byReason = Map.groupBy(refused, ({ reason, detail }) => `${reason}: ${detail}`);
  return [...byReason].map(([why, { length }]) => `${type}: ${length} NOT done: ${why}`);
}

async function* pieces(addresses: readonly string[], file: string | undefined): AsyncGenerator<readonly string[]> {
  let piece = [...addresses];
  if (file !== undefined) {
    for await (const { text } of linesOf([file])) {
      const address = text.replace(/^\uFEFF/, '').trim();
      if (address !== '' && !address.startsWith('#')) piece.push(address);
      if (piece.length < COMMANDS_PER_REQUEST) continue;
      yield piece;
      piece = [];
    }
  }
  for (; piece.length > 0; piece = piece.slice(COMMANDS_PER_REQUEST)) yield piece.slice(0, COMMANDS_PER_REQUEST);
}

/** Asks for confirmation, because an erasure cannot be undone. Without a terminal `--yes` is required. */
async function confirm(addresses: readonly string[], { file }: OperateOptions): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY || file === '-')
    throw new CommandError(EXIT.usage, 'forget: erases for good, and there is no terminal to ask for confirmation: give --yes');
  const who = file === undefined ? addresses.join(', ') : `everybody in ${file}`;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Erase ${who}? Nothing readable remains; this cannot be undone. Type yes: `);
    if (answer.trim() !== 'yes') throw new CommandError(EXIT.no, 'nothing was done');
  } finally {
    terminal.close();
  }
}

/** A moment, or a duration from now; for `amend` also never. */
function momentOf(text: string, type: Operation): string | null {
  if (type === 'amend' && text === 'never') return null;
  const duration = parseDuration(text);
  const at = duration === undefined ? parseTime(text) : Date.now() + duration;
  if (at === undefined) throw new CommandError(EXIT.usage, `--expires: ${text} is neither a duration such as 30d nor an RFC 3339 time`);
  return formatTime(at);
}

export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
