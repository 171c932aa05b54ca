/** What people see: aligned columns, and colour where there is a terminal and nobody has said no to it (https://no-color.org). */
import { stripVTControlCharacters, styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** `NO_COLOR` with any content says no; `FORCE_COLOR` says yes without a terminal. */
export function hasColour(stream: { readonly isTTY?: boolean } = process.stdout, env: NodeJS.ProcessEnv = process.env): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '') !== '') return env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

export function paint(style: Style, text: string): string {
  return hasColour() ? styleText(style, text, { validateStream: false }) : text;
}

/** Rows under a headline, each column as wide as its widest cell; the last one is as long as it is. */
export function table(headline: readonly string[], rows: readonly (readonly string[])[]): string {
  const plain = rows.map((row) => row.map(printable));
  const widths = headline.map((title, column) => Math.max(title.length, ...plain.map((row) => widthOf(row[column] ?? ''))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell)))))
      .join('  ')
      .trimEnd();
  return [paint('dim', line(headline)), ...plain.map(line)].join('\n');
}

/** What stands in the database is somebody else's text: it moves no cursor. Our own colours stay. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  return text.replaceAll(/\u001b\[[0-9;]*m|[\u0000-\u001f\u007f-\u009f]/g, (found) => (found.length > 1 ? found : '\u{FFFD}'));
}

function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

/** One line on standard error that replaces itself; nothing where there is no terminal (`reporter` says more). */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

const REPORT_EVERY = 5_000;

/** Progress of what may take long: replaces itself on a terminal, otherwise a line now and then when there is something new. */
export function reporter(now: () => number = Date.now): (text: string) => void {
  let saidAt = Number.NEGATIVE_INFINITY;
  let said = '';
  return (text) => {
    if (process.stderr.isTTY) progress(text);
    else if (text !== said && now() - saidAt >= REPORT_EVERY) {
      said = text;
      saidAt = now();
      console.error(text);
    }
  };
}
