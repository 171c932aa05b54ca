/**
 * A Maildir of bounces and complaints: each mail is read, and moved to `cur` with the flag S when the log has what it says. A mail
 * that is read twice after a crash gives the same events.
 */
import { mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatOf } from '@desist/contracts/formats';
import type { Format, Normalised } from '@desist/contracts/formats';
import type { Logger, Signal, Time } from '@desist/pipeline';
import type { Followed } from './follow/follow.ts';
import type { Intake, Taken } from './intake.ts';
import type { Source } from './source.ts';
import { contextOf } from './source.ts';

export interface MaildirOptions {
  readonly folder: string;
  /** Its format is what `auto` falls back to. */
  readonly source: Source;
  /** Bounces and complaints come to one mailbox: each mail tells which it is. */
  readonly auto: boolean;
  readonly intake: Intake;
  readonly time: Pick<Time, 'now' | 'sleep'>;
  readonly logger: Logger;
  readonly signal: Signal;
  readonly once: boolean;
  /** ms between looks; default 2,000. */
  readonly poll?: number;
}

const POLL = 2_000;
/** Mails between two appends. */
const AT_ONCE = 100;
/** Bytes of one mail that are read: a returned mail may bring its attachments. */
const MAIL_BYTES = 16 * 1024 * 1024;

interface Found {
  readonly path: string;
  /** Where it goes when it is done. */
  readonly done: string;
}

export async function readMaildir(options: MaildirOptions): Promise<Followed> {
  const { folder, signal, once, time } = options;
  const counts = { lines: 0, events: 0, ignored: 0, deadLetters: 0 };
  await mkdir(join(folder, 'cur'), { recursive: true });
  while (!signal.aborted) {
    const mails = await waiting(folder);
    for (let from = 0; from < mails.length && !signal.aborted; from += AT_ONCE)
      await takePage(mails.slice(from, from + AT_ONCE), options, counts);
    if (once) break;
    await time.sleep(options.poll ?? POLL, signal);
  }
  return counts;
}

/** Everything in `new`, and what in `cur` nobody has seen. */
async function waiting(folder: string): Promise<readonly Found[]> {
  const fresh = (await readdir(join(folder, 'new'))).filter(visible).sort();
  const known = (await readdir(join(folder, 'cur'))).filter((name) => visible(name) && !flagsOf(name).includes('S')).sort();
  return [...fresh.map((name) => ['new', name] as const), ...known.map((name) => ['cur', name] as const)].map(([part, name]) => ({
    path: join(folder, part, name),
    done: join(folder, 'cur', seen(name)),
  }));
}

const visible = (name: string): boolean => !name.startsWith('.');

function flagsOf(name: string): string {
  return /:2,([A-Za-z]*)$/.exec(name)?.[1] ?? '';
}

/** Flags stand behind `:2,` in the order of their letters. */
function seen(name: string): string {
  const flags = [...new Set(`${flagsOf(name)}S`)].sort().join('');
  return `${name.replace(/:2,[A-Za-z]*$/, '')}:2,${flags}`;
}

async function takePage(
  mails: readonly Found[],
  options: MaildirOptions,
  counts: { -readonly [K in keyof Followed]: number },
): Promise<void> {
  const { source, intake, logger } = options;
  const taken: Taken[] = [];
  const read: Found[] = [];
  for (const mail of mails) {
    const elements = await elementsOf(mail.path, options);
    // Somebody else's reader has taken it away.
    if (elements === undefined) continue;
    taken.push(intake.take(source, elements));
    read.push(mail);
  }
  await intake.store(taken, source);
  for (const { path, done } of read)
    await rename(path, done).catch((error: unknown) => logger.warn({ problem: String(error) }, 'a mail was not moved'));
  for (const { events, ignored, deadLetters } of taken) {
    counts.lines += 1;
    counts.events += events.length;
    counts.ignored += ignored;
    counts.deadLetters += deadLetters.length;
  }
}

async function elementsOf(path: string, { source, auto, intake, time }: MaildirOptions): Promise<readonly Normalised[] | undefined> {
  const mail = await readBounded(path);
  if (mail === undefined) return undefined;
  if (mail.size > MAIL_BYTES) {
    const detail = `a mail of ${mail.size} bytes, at most ${MAIL_BYTES} are read`;
    return [{ kind: 'problem', reason: 'too_large', detail, raw: mail.bytes.subarray(0, 64 * 1024).toString('utf8') }];
  }
  const format = auto ? kindOf(mail.bytes, source.format) : source.format;
  return intake.normalise({ ...source, format }, mail.bytes, contextOf(source, time.now()));
}

async function readBounded(path: string): Promise<{ readonly bytes: Buffer; readonly size: number } | undefined> {
  try {
    const { size } = await stat(path);
    const file = await open(path);
    try {
      const buffer = Buffer.alloc(Math.min(size, MAIL_BYTES));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return { bytes: buffer.subarray(0, bytesRead), size };
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const LOOKED_AT = 256 * 1024;
const FEEDBACK = /^Content-Type:\s*message\/feedback-report|report-type\s*=\s*"?feedback-report|^X-HmXmrOriginalRecipient:/im;

/** A complaint says so in its header or by its part; everything else is read as a bounce, or ignored as none. */
function kindOf(mail: Buffer, fallback: Format): Format {
  const name = FEEDBACK.test(mail.subarray(0, LOOKED_AT).toString('latin1')) ? 'arf' : 'dsn';
  return formatOf(name) ?? fallback;
}
