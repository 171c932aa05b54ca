/**
 * `desist suppress`, `release`, `allow`, `disallow`, `forget`: operator commands, singly or a file full of them. They go through the log,
 * never beside it, and come back when they are folded, or say that they are accepted and pending.
 */
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { parseDuration, parseTime, formatTime } from '@desist/contracts';
import type { Client } from '../client.ts';
import { CommandError, EXIT } from '../exit.ts';
import { linesOf } from '../lines.ts';
import { progress, reporter } from '../terminal.ts';

export type Operation = 'suppress' | 'release' | 'allow' | 'disallow' | 'forget';

export interface OperateOptions {
  readonly tenant?: string;
  readonly scope?: string;
  readonly expires?: string;
  readonly note?: string;
  readonly by?: string;
  readonly force?: boolean;
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
  readonly folded?: boolean;
}

const AT_ONCE = 1_000;

export async function runOperate(client: Client, type: Operation, addresses: readonly string[], options: OperateOptions): Promise<void> {
  if (addresses.length === 0 && options.file === undefined)
    throw new CommandError(EXIT.usage, 'give addresses, or --file F with one per line');
  const { tenant, scope, note, force } = options;
  const expiresAt = options.expires === undefined ? undefined : momentOf(options.expires);
  const by = options.by ?? userName();
  if (type === 'forget' && options.yes !== true) await confirm(addresses, options);
  // A repeat with the same key is applied once, piece by piece.
  const key = options.idempotencyKey ?? randomUUID();
  const report = reporter();
  let sent = 0;
  let pending = 0;
  let piece = 0;
  for await (const recipients of pieces(addresses, options.file)) {
    const commands = recipients.map((recipient) => ({ type, tenant, recipient, scope, expiresAt, by, note, force }));
    const headers = { 'idempotency-key': piece === 0 ? key : `${key}.${piece}`, prefer: `wait=${options.wait}` };
    let answer: Answer;
    try {
      answer = (await client.post('/v1/commands', commands, headers)) as Answer;
    } catch (error) {
      if (!(error instanceof CommandError) || sent === 0) throw error;
      throw new CommandError(error.code, `${error.message}\n${sent} were accepted before; to go on: --idempotency-key ${key}`);
    }
    piece += 1;
    sent += recipients.length;
    if (answer.folded !== true) pending += recipients.length;
    if (options.json) console.log(JSON.stringify(answer));
    else (piece > 1 ? report : progress)(`${sent} accepted`);
  }
  if (options.json) return;
  progress('');
  if (sent === 0) console.log(`${type}: no addresses were given`);
  else if (pending === 0) console.log(`${type}: ${sent} done`);
  else console.log(`${type}: ${sent} accepted, durable in the log; ${pending} of them pending: they are folded in their order`);
}

async function* pieces(addresses: readonly string[], file: string | undefined): AsyncGenerator<readonly string[]> {
  let piece = [...addresses];
  if (file !== undefined) {
    for await (const { text } of linesOf([file])) {
      const address = text.replace(/^\uFEFF/, '').trim();
      if (address !== '' && !address.startsWith('#')) piece.push(address);
      if (piece.length < AT_ONCE) continue;
      yield piece;
      piece = [];
    }
  }
  for (; piece.length > 0; piece = piece.slice(AT_ONCE)) yield piece.slice(0, AT_ONCE);
}

/** Only where somebody can answer: a script has said it by being written. */
async function confirm(addresses: readonly string[], { file }: OperateOptions): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY || file === '-') return;
  const who = file === undefined ? addresses.join(', ') : `everybody in ${file}`;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`Erase ${who}? Nothing readable remains; this can not be undone. Type yes: `);
    if (answer.trim() !== 'yes') throw new CommandError(EXIT.no, 'nothing was done');
  } finally {
    terminal.close();
  }
}

/** A moment, or a duration from now. */
function momentOf(text: string): string {
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
