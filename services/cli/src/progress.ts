/**
 * Progress of a command that reads or sends much: after two seconds a line on standard error says how much is done, how fast, and how long
 * the rest will take. On a terminal the line replaces itself, otherwise there is a new one every few seconds.
 */
import { duration } from './advice.ts';
import { progress as redraw, warn } from './terminal.ts';

export interface CommandProgress {
  /** `done`: so far, in the unit. `more` is called only when a line is shown. */
  at(done: number, more?: () => string): void;
  /** Clears the line. */
  end(): void;
}

/** ms: a command that is faster says nothing. */
const SILENT_FOR = 2_000;
const EVERY = { terminal: 250, lines: 5_000 };

export interface ProgressOptions {
  readonly now?: () => number;
  readonly isTerminal?: boolean;
  readonly show?: (text: string) => void;
}

/** `unit`: `bytes`, or the plural of what is counted. `total` in the same unit; undefined when it is not known. */
export function createProgress(unit: string, total?: number, options: ProgressOptions = {}): CommandProgress {
  const { now = Date.now, isTerminal = process.stderr.isTTY, show = isTerminal ? redraw : warn } = options;
  const startedAt = now();
  const every = isTerminal ? EVERY.terminal : EVERY.lines;
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    at(done, more) {
      const time = now();
      if (time - startedAt < SILENT_FOR || time - shownAt < every) return;
      shownAt = time;
      const text = progressLine({ unit, total, done, seconds: (time - startedAt) / 1_000 });
      show(more === undefined ? text : `${more()}, ${text}`);
    },
    end() {
      if (isTerminal && shownAt !== Number.NEGATIVE_INFINITY) show('');
    },
  };
}

interface Measured {
  readonly unit: string;
  readonly total: number | undefined;
  readonly done: number;
  readonly seconds: number;
}

/** `12.4 of 80.0 MB, 6.2 MB/s, 15 %, 11 s left`. */
export function progressLine({ unit, total, done, seconds }: Measured): string {
  const rate = done / seconds;
  const size = (amount: number): string =>
    unit === 'bytes' ? `${(amount / 1_000_000).toFixed(1)} MB` : `${grouped(Math.round(amount))} ${unit}`;
  const speed = unit === 'bytes' ? `${size(rate)}/s` : `${grouped(Math.round(rate))}/s`;
  if (total === undefined || total < done || done === 0) return `${size(done)}, ${speed}`;
  const left = duration(Math.ceil((total - done) / rate));
  return `${size(done)} of ${size(total)}, ${speed}, ${Math.floor((100 * done) / total)} %, ${left} left`;
}

/** `1234567` as `1,234,567`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
