/** `desist suppress`, `release`, `allow`, `disallow`: operator commands. They go through the log, never beside it. */
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { parseDuration, parseTime, formatTime } from '@desist/contracts';
import type { Client } from '../client.ts';
import { CommandError, EXIT } from '../exit.ts';

export interface OperateOptions {
  readonly tenant?: string;
  readonly scope?: string;
  readonly expires?: string;
  readonly note?: string;
  readonly by?: string;
  readonly force?: boolean;
  readonly json: boolean;
}

export async function runOperate(
  client: Client,
  type: 'suppress' | 'release' | 'allow' | 'disallow',
  addresses: readonly string[],
  options: OperateOptions,
): Promise<void> {
  const { tenant, scope, note, force } = options;
  const expiresAt = options.expires === undefined ? undefined : momentOf(options.expires);
  const by = options.by ?? userName();
  const commands = addresses.map((recipient) => ({ type, tenant, recipient, scope, expiresAt, by, note, force }));
  const answer = (await client.post('/v1/commands', commands, { 'idempotency-key': randomUUID() })) as { ids?: readonly string[] };
  if (options.json) console.log(JSON.stringify(answer));
  else console.log(`${type}: ${addresses.length} accepted, durable in the log; the service folds it within a second`);
}

/** A moment, or a duration from now. */
function momentOf(text: string): string {
  const duration = parseDuration(text);
  const at = duration === undefined ? parseTime(text) : Date.now() + duration;
  if (at === undefined) throw new CommandError(EXIT.usage, `--expires: ${text} is neither a duration such as 30d nor an RFC 3339 time`);
  return formatTime(at);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}
