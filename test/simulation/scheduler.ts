/**
 * One thing after the other: everything that could go on in the world stands in a list, a seed chooses which goes on next,
 * and the next choice is made only when all that followed from this one has come to rest.
 */
import { createHash } from 'node:crypto';
import type { Random } from './random.ts';

/** A process of a host: dead for good once it is not alive. */
export interface Process {
  readonly name: string;
  readonly host: Host;
  alive: boolean;
}

export interface Host {
  readonly index: number;
  readonly letter: string;
  readonly drains: boolean;
  skew: number;
  /** Nothing of it runs, and it does not know. */
  stopped: boolean;
  process: Process | undefined;
  /** Continuations of its processes so far. */
  continuations: number;
}

export interface Op {
  readonly what: string;
  /** Whose continuation this is; undefined: it goes on by itself, outside of every process. */
  readonly process?: Process;
  /** The process that sent it. */
  readonly sender?: Process;
  /** Not before, ms. */
  readonly due?: () => number;
  readonly ready?: () => boolean;
  /** A sender that dies may take it along. */
  readonly dropped?: () => void;
  readonly run: () => unknown;
}

export interface Scheduler {
  readonly random: Random;
  /** The true time, ms. */
  present(): number;
  /** Time never goes back. */
  moveTo(moment: number): void;
  add(op: Op): void;
  /** Takes these out of the list. */
  take(which: (op: Op) => boolean): readonly Op[];
  ready(): readonly Op[];
  /** The earliest moment at which time alone makes something ready. */
  nextDue(): number;
  /** Runs one and waits until all that follows from it is at rest. */
  run(op: Op): Promise<void>;
  steps(): number;
  /** One line of the trace. */
  note(line: string): void;
  hash(): string;
  trace(): readonly string[];
}

/** Resolves when no promise has anything left to do. */
const atRest = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

export function createScheduler(random: Random, start: number): Scheduler {
  let present = start;
  let steps = 0;
  let ops: Op[] = [];
  const lines: string[] = [];
  const mayRun = ({ process, due, ready }: Op): boolean =>
    process?.host.stopped !== true && (due === undefined || due() <= present) && (ready === undefined || ready());
  const later = (moment: number): readonly number[] => (moment > present ? [moment] : []);
  return {
    random,
    present: () => present,
    moveTo: (moment) => void (present = Math.max(present, moment)),
    add: (op) => void ops.push(op),
    take(which) {
      const taken = ops.filter(which);
      if (taken.length > 0) ops = ops.filter((op) => !which(op));
      return taken;
    },
    ready: () => ops.filter(mayRun),
    nextDue: () =>
      Math.min(...ops.flatMap(({ due, process }) => (due === undefined || process?.host.stopped === true ? [] : later(due())))),
    async run(op) {
      steps += 1;
      const index = ops.indexOf(op);
      if (index !== -1) ops.splice(index, 1);
      lines.push(`${present} ${op.process?.name ?? '-'} ${op.what}`);
      if (op.process !== undefined) op.process.host.continuations += 1;
      // What it brings about is awaited by those whom it concerns.
      void op.run();
      await atRest();
    },
    steps: () => steps,
    note: (line) => void lines.push(line),
    hash: () => createHash('sha256').update(lines.join('\n')).digest('hex'),
    trace: () => lines,
  };
}
