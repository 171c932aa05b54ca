/**
 * Reads a Maildir of bounces and complaints: each mail is read, its events are stored, and it is moved to `cur` with the flag S. After a
 * crash before the move it is read again, under the same ids. A mail that cannot be moved is stored only once; only the move is retried.
 */
import { mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatOf } from '@desist/formats';
import type { Format, Normalised } from '@desist/formats';
import type { Logger, Signal, Time } from '@desist/pipeline';
import type { Followed } from './follow/follow.ts';
import type { EncodedBatch, Intake } from './intake.ts';
import type { Source } from './source.ts';
import { contextOf } from './source.ts';

export interface MaildirOptions {
  readonly folder: string;
  /** With `auto`, its format is the fallback. */
  readonly source: Source;
  /** True: the mailbox has bounces and complaints, and the format is detected per mail. */
  readonly auto: boolean;
  readonly intake: Intake;
  readonly time: Pick<Time, 'now' | 'sleep'>;
  readonly logger: Logger;
  readonly signal: Signal;
  readonly once: boolean;
  /** Poll interval, ms; default 2,000. */
  readonly poll?: number;
}

const POLL = 2_000;
/** Mails per append. */
const MAILS_PER_APPEND = 100;
/** Largest mail that is read, bytes: a returned mail may include attachments. */
const MAIL_BYTES = 16 * 1024 * 1024;

interface UnreadMail {
  readonly path: string;
  /** Path that it is moved to afterwards. */
  readonly done: string;
}

export async function readMaildir(options: MaildirOptions): Promise<Followed> {
  const { folder, signal, once, time, logger } = options;
  const counts = { lines: 0, events: 0, ignored: 0, deadLetters: 0 };
  const stuck = createStuck(logger);
  await mkdir(join(folder, 'cur'), { recursive: true });
  while (!signal.aborted) {
    const mails = await stuck.without(await unreadMails(folder));
    for (let from = 0; from < mails.length && !signal.aborted; from += MAILS_PER_APPEND) {
      const read = await processPage(mails.slice(from, from + MAILS_PER_APPEND), options, counts);
      for (const mail of read) await stuck.move(mail);
    }
    if (once) break;
    await time.sleep(options.poll ?? POLL, signal);
  }
  return counts;
}

/** All mails in `new`, and those in `cur` without the flag S. */
async function unreadMails(folder: string): Promise<readonly UnreadMail[]> {
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

/** The name with the flag S. Flags follow `:2,` in alphabetical order. */
function seen(name: string): string {
  const flags = [...new Set(`${flagsOf(name)}S`)].sort().join('');
  return `${name.replace(/:2,[A-Za-z]*$/, '')}:2,${flags}`;
}

/** Mails that are stored but could not be moved, by path, until they are moved or removed. */
interface Stuck {
  move(mail: UnreadMail): Promise<void>;
  /** The mails that are still to be read. For the others the move is retried. */
  without(found: readonly UnreadMail[]): Promise<readonly UnreadMail[]>;
}

function createStuck(logger: Logger): Stuck {
  let paths = new Set<string>();

  /** Moves a mail. Undefined: done. */
  async function problemOfMove({ path, done }: UnreadMail): Promise<string | undefined> {
    try {
      await rename(path, done);
      return undefined;
    } catch (error) {
      // Another reader has removed it.
      return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : String(error);
    }
  }

  return {
    async move(mail) {
      const problem = await problemOfMove(mail);
      if (problem === undefined) return;
      paths.add(mail.path);
      logger.warn({ problem }, 'a stored mail cannot be moved to cur: it stays where it is and is not stored again');
    },
    async without(found) {
      const left = new Set<string>();
      for (const mail of found) if (paths.has(mail.path) && (await problemOfMove(mail)) !== undefined) left.add(mail.path);
      const moved = paths;
      paths = left;
      return found.filter(({ path }) => !moved.has(path));
    },
  };
}

/** Returns the mails whose events are durable. */
async function processPage(
  mails: readonly UnreadMail[],
  options: MaildirOptions,
  counts: { -readonly [K in keyof Followed]: number },
): Promise<readonly UnreadMail[]> {
  const { source, intake } = options;
  const batches: EncodedBatch[] = [];
  const read: UnreadMail[] = [];
  for (const mail of mails) {
    const elements = await elementsOf(mail.path, options);
    // Another reader has removed it.
    if (elements === undefined) continue;
    batches.push(intake.encode(source, elements));
    read.push(mail);
  }
  await intake.store(batches, source);
  for (const { events, ignored, deadLetters } of batches) {
    counts.lines += 1;
    counts.events += events.length;
    counts.ignored += ignored;
    counts.deadLetters += deadLetters.length;
  }
  return read;
}

async function elementsOf(path: string, { source, auto, intake, time }: MaildirOptions): Promise<readonly Normalised[] | undefined> {
  const mail = await readBounded(path);
  if (mail === undefined) return undefined;
  if (mail.size > MAIL_BYTES) {
    const detail = `the mail has ${mail.size} bytes, at most ${MAIL_BYTES} are read`;
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

const DETECTION_BYTES = 256 * 1024;
const FEEDBACK = /^Content-Type:\s*message\/feedback-report|report-type\s*=\s*"?feedback-report|^X-HmXmrOriginalRecipient:/im;

/** The format of a mail. A complaint is recognised by a header or a part; anything else is read as a bounce, or ignored if it is none. */
function kindOf(mail: Buffer, fallback: Format): Format {
  const name = FEEDBACK.test(mail.subarray(0, DETECTION_BYTES).toString('latin1')) ? 'arf' : 'dsn';
  return formatOf(name) ?? fallback;
}
