/** Terminal output: aligned columns, and colour on terminals unless it is disabled (https://no-color.org). */
import { stripVTControlCharacters, styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** A non-empty `NO_COLOR` disables colour; `FORCE_COLOR` enables it without a terminal. */
export function hasColour(stream: { readonly isTTY?: boolean } = process.stdout, env: NodeJS.ProcessEnv = process.env): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

export function paint(style: Style, text: string): string {
  return hasColour() ? styleText(style, text, { validateStream: false }) : text;
}

/** Rows under a headline. Each column is as wide as its widest cell; the last one is not padded. */
export function table(headline: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const plain = rows.map((row) => row.map((cell) => printable(cell)));
  const widths = headline.map((title, column) => Math.max(title.length, ...plain.map((row) => widthOf(row[column] ?? ''))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)))))
      .join('  ')
      .trimEnd();
  return [paint('dim', line(headline)), ...plain.map(line)];
}

function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

/** A share from 0 to 1, to one place. */
export function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}

// -------------------------------------------------------------------------------------- everything that is printed

/** Lines on standard output, for people. */
export function say(...lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(''));
}

/** A line of NDJSON on standard output. */
export function sayJson(value: unknown): void {
  process.stdout.write(`${safeJson(JSON.stringify(value))}\n`);
}

/** Lines on standard error, for people. */
export function warn(...lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `${printable(line)}\n`).join(''));
}

/** A line of NDJSON on standard error. */
export function warnJson(value: unknown): void {
  process.stderr.write(`${safeJson(JSON.stringify(value))}\n`);
}

/** Control characters (C0, DEL, C1), line separators and bidirectional controls, which can make a line look like another one. */
const CONTROLS = String.raw`\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069`;
/** The sequences that `paint` writes. In text from outside they only colour that text; they cannot hide or move anything. */
const COLOURS = String.raw`\u001b\[(?:[012]|22|3[123]|39)m`;
const UNPRINTABLE = new RegExp(`${COLOURS}|[${CONTROLS}]`, 'g');
const UNSAFE_IN_JSON = new RegExp(`[${CONTROLS}]`, 'g');

/**
 * Makes text from outside (replies, addresses, notes) safe to print: it stays on its line and cannot move the cursor or set a title.
 * Our own colours are kept if colour is enabled.
 */
export function printable(text: string, colour = hasColour()): string {
  return text.replace(UNPRINTABLE, (found) => {
    if (found.length > 1) return colour ? found : '';
    return found === '\t' ? ' ' : '\u{FFFD}';
  });
}

/** Escapes every control character in JSON text, because `JSON.stringify` leaves DEL, C1 and others unescaped. */
export function safeJson(json: string): string {
  return json.replace(UNSAFE_IN_JSON, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A line on standard error that replaces itself. Does nothing without a terminal; `reporter` also works there. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${printable(text)}`);
}

const REPORT_EVERY = 5_000;

/**
 * Progress of a long operation: on a terminal the line replaces itself, otherwise a new line is printed every few seconds if the text has
 * changed.
 */
export function reporter(now: () => number = Date.now): (text: string) => void {
  let reportedAt = Number.NEGATIVE_INFINITY;
  let reported = '';
  return (text) => {
    if (process.stderr.isTTY) progress(text);
    else if (text !== reported && now() - reportedAt >= REPORT_EVERY) {
      reported = text;
      reportedAt = now();
      warn(text);
    }
  };
}
