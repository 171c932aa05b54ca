/**
 * A log followed into the delivery events, line by line, each exactly once in meaning: the position is put away only when the log
 * has what came of the lines before it.
 *
 *   file ──tape──> bytes ──splitter──> lines ──reader──> elements ──store──> durable ──> state file
 */
import { isLineFormat } from '@desist/contracts/formats';
import type { LineReader, Normalised } from '@desist/contracts/formats';
import type { Logger, Signal, Time } from '@desist/pipeline';
import type { Intake } from '../intake.ts';
import type { Source } from '../source.ts';
import { contextOf, livingContext } from '../source.ts';
import type { Line, Splitter } from './splitter.ts';
import { createSplitter } from './splitter.ts';
import type { FollowState, StateFile } from './state.ts';
import type { Tape } from './tape.ts';
import type { Begun, Walk } from './walk.ts';

export interface FollowOptions {
  /** For the state file, for people. */
  readonly path: string;
  readonly source: Source;
  readonly walk: Walk;
  readonly state: Pick<StateFile, 'load' | 'save'>;
  /** Its sink waits for a log that is away, and rejects when it is told to stop. */
  readonly intake: Intake;
  readonly time: Pick<Time, 'now' | 'monotonic' | 'sleep'>;
  readonly logger: Logger;
  readonly signal: Signal;
  /** Where a log is begun that was never followed. */
  readonly from: 'start' | 'end';
  /** Ends at the end of the log. */
  readonly once: boolean;
  readonly progress?: (at: Progress) => void;
  /** ms between looks at a log that stands still; default 250. */
  readonly poll?: number;
  /** Lines after which the position is put away at the latest; default 2,000. */
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
const LINES = 2_000;
const BYTES = 4 * 1024 * 1024;
const PROGRESS_EVERY = 1_000;
/** ms */
const STANDS_STILL = 10_000;

/** Resolves when the signal aborts, or at the end with `once`. Rejects for what waiting does not mend. */
export async function follow(options: FollowOptions): Promise<Followed> {
  const { source, walk, intake, time, logger, signal, once } = options;
  const counts = { lines: 0, events: 0, ignored: 0, deadLetters: 0 };
  const saved = await options.state.load();
  const reader = readerOf(options, saved?.reader);
  let elements: Normalised[] = [];
  let waiting = { lines: 0, bytes: 0 };
  let dirty = false;
  let shownAt = time.monotonic();

  let begun = await walk.resume(saved, options.from);
  if (begun === undefined && !once) logger.warn({ source: source.name, file: options.path }, 'there is no such log yet: waiting for it');
  while (begun === undefined) {
    if (once || signal.aborted) return counts;
    await time.sleep(options.poll ?? POLL, signal);
    begun = await walk.resume(saved, options.from);
  }
  let tape: Tape = begun.tape;
  let splitter: Splitter = createSplitter(begun.position);
  let position = begun.position;
  /** Bytes of the file that were handed to the splitter. */
  let read = begun.position;
  say(begun);
  dirty = saved === undefined;

  function say({ gap, tape: { link } }: Begun): void {
    if (gap !== null)
      logger.warn({ source: source.name, file: link.path }, `a log was read with a gap: ${gap}; reading goes on at the next file`);
  }

  async function flush(): Promise<void> {
    if (elements.length > 0) {
      const taken = intake.take(source, elements);
      await intake.store([taken], source);
      counts.events += taken.events.length;
      counts.ignored += taken.ignored;
      counts.deadLetters += taken.deadLetters.length;
    }
    if (dirty) await options.state.save(stateNow());
    elements = [];
    waiting = { lines: 0, bytes: 0 };
    dirty = false;
  }

  function stateNow(): FollowState {
    const { name, inode } = tape.link;
    return {
      version: 1,
      path: options.path,
      current: { name, inode, fingerprint: tape.fingerprint(), position },
      known: walk.known(),
      done: walk.done(),
      reader: reader.state(),
    };
  }

  async function take(lines: readonly Line[]): Promise<void> {
    for (const { text, end, cut } of lines) {
      for (const element of cut > 0 ? [tooLong(text, cut)] : reader.push(text)) elements.push(element);
      waiting.lines += 1;
      waiting.bytes += end - position;
      position = end;
      counts.lines += 1;
      dirty = true;
      if (waiting.lines >= (options.lines ?? LINES) || waiting.bytes >= BYTES) await flush();
      if (signal.aborted) return;
    }
  }

  /** What has no line feed is a line where nothing comes any more: in a log that stands still, or that was rotated away. */
  async function takeRest(mayGrow: boolean): Promise<void> {
    const still = !mayGrow || time.now() - tape.link.modifiedAt > STANDS_STILL;
    const rest = still ? splitter.rest() : undefined;
    if (rest !== undefined) await take([rest]);
  }

  async function turnTo(next: Tape, at: number): Promise<void> {
    await tape.close();
    tape = next;
    splitter = createSplitter(at);
    position = at;
    read = at;
    dirty = true;
  }

  async function turnToMissed(): Promise<boolean> {
    for (let missed = await walk.missed(tape); missed !== undefined; missed = await walk.missed(tape)) {
      const entered = await walk.enter(missed, tape);
      if (entered === undefined) continue;
      await turnTo(entered, 0);
      return true;
    }
    return false;
  }

  function show(): void {
    if (options.progress === undefined || time.monotonic() - shownAt < PROGRESS_EVERY) return;
    shownAt = time.monotonic();
    options.progress({ file: tape.link.path, position, size: tape.link.size, lines: counts.lines, events: counts.events });
  }

  try {
    /** A later file was there when this one was read to its end for the last time. */
    let last = false;
    while (!signal.aborted) {
      const chunk = await tape.read();
      if (chunk === 'replaced') {
        await flush();
        const rest = await walk.moved(tape, position);
        if (rest === undefined) await time.sleep(options.poll ?? POLL, signal);
        else {
          say(rest);
          await turnTo(rest.tape, rest.position);
        }
        continue;
      }
      // Nothing of this file was taken yet: was one copied away from it that nobody has read?
      if (read === 0 && (await turnToMissed())) continue;
      if (chunk !== 'end') {
        read += chunk.length;
        await take(splitter.push(chunk));
        show();
        continue;
      }
      await flush();
      const next = await walk.next(tape);
      if (next !== undefined && !last) {
        // Once more: lines may have come between the last read and the look at what is next.
        last = true;
        continue;
      }
      last = false;
      if (next !== undefined || once) {
        await takeRest(next === undefined);
        await flush();
        if (next === undefined) break;
        const entered = await walk.enter(next, tape);
        if (entered !== undefined) await turnTo(entered, 0);
      } else {
        await time.sleep(options.poll ?? POLL, signal);
      }
    }
    if (once && !signal.aborted) {
      for (const element of reader.end()) elements.push(element);
      dirty = true;
    }
    await flush();
  } finally {
    await tape.close();
  }
  return counts;
}

function tooLong(text: string, cut: number): Normalised {
  return { kind: 'problem', reason: 'too_large', detail: `a line of which ${cut} bytes were left out`, raw: text };
}

/** Formats that read whole payloads take a line as one. */
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
