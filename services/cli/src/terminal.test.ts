import { expect, it } from 'vitest';
import { printable } from './terminal.ts';

it('what stands in the database moves no cursor and clears no screen; colours stay', () => {
  const esc = '\u001b';
  expect(printable(`a${esc}[2Jb${esc}]0;title\u0007c\nd\u009b`)).toBe('a\u{FFFD}[2Jb\u{FFFD}]0;title\u{FFFD}c\u{FFFD}d\u{FFFD}');
  expect(printable(`${esc}[31mred${esc}[0m`)).toBe(`${esc}[31mred${esc}[0m`);
});
