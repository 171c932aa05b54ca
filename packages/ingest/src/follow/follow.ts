/**
 * Follows a log file line by line and appends its events to the delivery events. The position is saved only when the events before it
 * are durable, so that a crash repeats lines under the same ids and loses none.
 *
 *   log file ──bytes──> splitter ──lines──> reader ──elements──> store (durable) ──> state file
 */
import { ANOTHER_PROGRAM, isLineFormat, NO_ZONE } from '@desist/formats';
import type { LineReader, Normalised } from '@desist/formats';
import type { Logger, Signal, Time } from '@desist/pipeline';
import { ForwardError } from '../forward.ts';
import type { Intake } from '../intake.ts';
import type { Source } from '../source.ts';
import { contextOf, livingContext } from '../source.ts';
import type { FileSequence, Opened } from './file-sequence.ts';
import type { LogFile } from './log-file.ts';
import type { Line, Splitter } from './splitter.ts';
import { createSplitter } from './splitter.ts';
import type { FollowState, StateFile } from './state.ts';

export interface FollowOptions {
  /** Recorded in the state file, for people. */
  readonly path: string;
  readonly source: Source;
  readonly files: FileSequence;
  readonly state: Pick<StateFile, 'load' | 'save'>;
  /** Its sink waits for an unavailable log, and rejects when the process stops. */
  readonly intake: Intake;
  readonly time: Pick<Time, 'now' | 'monotonic' | 'sleep'>;
  readonly logger: Logger;
  readonly signal: Signal;
  /** Where to start in a log that was never followed. */
  readonly from: 'start' | 'end';
  /** True: stop at the end of the log. */
  readonly once: boolean;
  readonly progress?: (at: Progress) => void;
  /** Poll interval at the end of the log, ms; default 250. */
  readonly poll?: number;
  /** Lines after which the position is saved at the latest; default 2,000. */
  readonly lines?: number;
}

export interface Progress {
  readonly file: string;
  readonly position: number;
  readonly size: number;
  readonly lines: number;
  readonly events: number;
}

export interface Followed {
  readonly lines: number;
  readonly events: number;
  readonly ignored: number;
  readonly deadLetters: number;
}

const POLL = 250;
const SAVE_AFTER_LINES = 2_000;
const SAVE_AFTER_BYTES = 4 * 1024 * 1024;
const PROGRESS_EVERY = 1_000;
/** ms */
const IDLE_AFTER = 10_000;

/**
 * Resolves when the signal aborts, or with `once` at the end of the log. @throws ForwardError when somebody has to change a setting or
 * check a file; other errors that waiting cannot fix
 */
export async function follow(options: FollowOptions): Promise<Followed> {
  const { source, files, intake, time, logger, signal, once } = options;
  const counts = { lines: 0, events: 0, ignored: 0, deadLetters: 0 };
  const saved = await options.state.load();
  const reader = readerOf(options, saved?.reader);
  const checkZone = createZoneCheck(source);
  const checkName = createNameCheck(source, logger);
  let elements: Normalised[] = [];
  let waiting = { lines: 0, bytes: 0 };
  let dirty = false;
  let shownAt = time.monotonic();

  let opened = await files.resume(saved, options.from);
  if (opened === undefined && !once) logger.warn({ source: source.name, file: options.path }, 'the log does not exist yet: waiting for it');
  while (opened === undefined) {
    if (once || signal.aborted) return counts;
    await time.sleep(options.poll ?? POLL, signal);
    opened = await files.resume(saved, options.from);
  }
  let file: LogFile = opened.file;
  let splitter: Splitter = createSplitter(opened.position);
  let position = opened.position;
  /** Bytes of the file that were handed to the splitter. */
  let read = opened.position;
  warnOfGap(opened);
  dirty = saved === undefined;

  function warnOfGap({ gap, file: { entry } }: Opened): void {
    if (gap !== null)
      logger.warn({ source: source.name, file: entry.path }, `a log was read with a gap: ${gap}; reading goes on at the next file`);
  }

  async function flush(): Promise<void> {
    if (elements.length > 0) {
      checkZone(elements, file.entry.path);
      checkName.note(elements, file.entry.path);
      const batch = intake.encode(source, elements);
      await intake.store([batch], source);
      counts.events += batch.events.length;
      counts.ignored += batch.ignored;
      counts.deadLetters += batch.deadLetters.length;
    }
    if (dirty) await options.state.save(stateNow());
    elements = [];
    waiting = { lines: 0, bytes: 0 };
    dirty = false;
  }

  function stateNow(): FollowState {
    const { name, inode } = file.entry;
    return {
      version: 1,
      path: options.path,
      current: { name, inode, fingerprint: file.fingerprint(), position },
      known: files.known(),
      done: files.done(),
      reader: reader.state(),
    };
  }

  async function processLines(lines: readonly Line[]): Promise<void> {
    for (const { text, end, cut } of lines) {
      for (const element of cut > 0 ? [tooLong(text, cut)] : reader.push(text)) elements.push(element);
      waiting.lines += 1;
      waiting.bytes += end - position;
      position = end;
      counts.lines += 1;
      dirty = true;
      if (waiting.lines >= (options.lines ?? SAVE_AFTER_LINES) || waiting.bytes >= SAVE_AFTER_BYTES) await flush();
      if (signal.aborted) return;
    }
  }

  /** Processes a last line without a line feed, if nothing will be added to it: the log is idle or was rotated away. */
  async function processRest(mayGrow: boolean): Promise<void> {
    const isComplete = !mayGrow || time.now() - file.entry.modifiedAt > IDLE_AFTER;
    const rest = isComplete ? splitter.rest() : undefined;
    if (rest !== undefined) await processLines([rest]);
  }

  async function switchTo(next: LogFile, at: number): Promise<void> {
    await file.close();
    file = next;
    splitter = createSplitter(at);
    position = at;
    read = at;
    dirty = true;
  }

  async function switchToMissed(): Promise<boolean> {
    for (let missed = await files.missed(file); missed !== undefined; missed = await files.missed(file)) {
      const entered = await files.enter(missed, file);
      if (entered === undefined) continue;
      await switchTo(entered, 0);
      return true;
    }
    return false;
  }

  function show(): void {
    if (options.progress === undefined || time.monotonic() - shownAt < PROGRESS_EVERY) return;
    shownAt = time.monotonic();
    options.progress({ file: file.entry.path, position, size: file.entry.size, lines: counts.lines, events: counts.events });
  }

  try {
    /** A later file existed when this one was last read to its end. */
    let isLastRead = false;
    while (!signal.aborted) {
      const chunk = await file.read();
      if (chunk === 'replaced') {
        await flush();
        const rest = await files.moved(file, position);
        if (rest === undefined) await time.sleep(options.poll ?? POLL, signal);
        else {
          warnOfGap(rest);
          await switchTo(rest.file, rest.position);
        }
        continue;
      }
      // Nothing of this file was processed yet, so check for an unread copy of its former content.
      if (read === 0 && (await switchToMissed())) continue;
      if (chunk !== 'end') {
        read += chunk.length;
        await processLines(splitter.push(chunk));
        show();
        continue;
      }
      await flush();
      const next = await files.next(file);
      if (next !== undefined && !isLastRead) {
        // Read once more: lines may have been written between the last read and the check for a later file.
        isLastRead = true;
        continue;
      }
      isLastRead = false;
      if (next !== undefined || once) {
        await processRest(next === undefined);
        await flush();
        if (next === undefined) break;
        const entered = await files.enter(next, file);
        if (entered !== undefined) await switchTo(entered, 0);
      } else {
        await time.sleep(options.poll ?? POLL, signal);
      }
    }
    if (once && !signal.aborted) {
      for (const element of reader.end()) elements.push(element);
      dirty = true;
    }
    await flush();
    if (once && !signal.aborted) {
      const damage = file.damage();
      if (damage !== undefined) throw new ForwardError(`--follow: ${file.entry.path} is ${damage}; what could be read of it is stored`);
      checkName.end(options.path);
    }
  } finally {
    await file.close();
  }
  return counts;
}

/**
 * The first time in the log shows whether its times have a zone. If they have none and none is configured, every line would become a dead
 * letter, so following is refused before anything is stored. A later time without a zone is a mistake of that line only.
 */
function createZoneCheck({ timezone }: Source): (elements: readonly Normalised[], path: string) => void {
  let known = timezone !== undefined;
  return (elements, path) => {
    if (known) return;
    const first = elements.find((element) => element.kind === 'event' || isWithoutZone(element));
    if (first === undefined) return;
    known = first.kind === 'event';
    if (!known) {
      throw new ForwardError(
        `--timezone: the times in ${path} have no time zone. Say which one they are in, for example --timezone Europe/Berlin or --timezone +02:00`,
      );
    }
  };
}

/** Lines after which a log of nothing but other programs is named in a warning. */
const MANY_LINES = 1_000;

/** A log of another mail server under the wrong name would be ignored line by line, and nobody would see it. */
function createNameCheck(
  { name, format }: Source,
  logger: Logger,
): { note(elements: readonly Normalised[], path: string): void; end(path: string): void } {
  let others = 0;
  let known = false;
  const problem = (path: string): string => `${path}: all of ${others} lines are of programs other than ${format.name}`;
  return {
    note(elements, path) {
      if (known) return;
      known = elements.some((element) => element.kind !== 'ignored' || element.what !== ANOTHER_PROGRAM);
      const before = others;
      others += elements.length;
      if (!known && before < MANY_LINES && others >= MANY_LINES)
        logger.warn({ source: name, file: path }, `${problem(path)}: is the format right?`);
    },
    /** @throws ForwardError if the log had lines, and none of this format */
    end(path) {
      if (!known && others > 0) throw new ForwardError(`--format: ${problem(path)}. Is the format right?`);
    },
  };
}

function isWithoutZone(element: Normalised): boolean {
  return element.kind === 'problem' && element.detail.endsWith(NO_ZONE);
}

function tooLong(text: string, cut: number): Normalised {
  return { kind: 'problem', reason: 'too_large', detail: `a line was truncated by ${cut} bytes`, raw: text };
}

/** For formats of whole payloads, each line is a payload. */
function readerOf({ source, time }: FollowOptions, state: unknown): LineReader {
  if (!isLineFormat(source.format)) {
    const encoder = new TextEncoder();
    return {
      push: (line) => (line.trim() === '' ? [] : source.format.normalise(encoder.encode(line), contextOf(source, time.now()))),
      end: () => [],
      state: () => null,
    };
  }
  const reader = source.format.open(
    livingContext(source, () => time.now()),
    state ?? undefined,
  );
  if ((state === undefined || state === null) && source.header !== undefined) reader.push(source.header);
  return reader;
}
