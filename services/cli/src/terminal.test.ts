import { describe, expect, it } from 'vitest';
import { printable, safeJson } from './terminal.ts';

const esc = '\u001b';

describe('text from outside, printed for people', () => {
  it('cannot move the cursor, clear the screen, set the title or begin a line', () => {
    expect(printable(`a${esc}[2Jb${esc}]0;title\u0007c\nd\u009b\te`)).toBe('a\u{FFFD}[2Jb\u{FFFD}]0;title\u{FFFD}c\u{FFFD}d\u{FFFD} e');
  });

  it('cannot reverse the direction of writing', () => {
    expect(printable('a\u202eb\u2066c\u2028d')).toBe('a\u{FFFD}b\u{FFFD}c\u{FFFD}d');
  });

  it('our colours remain if colour is on; hidden, blinking or moved text is always removed', () => {
    expect(printable(`${esc}[31mred${esc}[39m`, true)).toBe(`${esc}[31mred${esc}[39m`);
    expect(printable(`${esc}[31mred${esc}[39m`, false)).toBe('red');
    expect(printable(`${esc}[8mhidden${esc}[5m`, true)).toBe('\u{FFFD}[8mhidden\u{FFFD}[5m');
  });
});

it('NDJSON contains no control characters and keeps its meaning', () => {
  const value = { reply: `550 ${esc}[2J\u007f\u0080\u009b31m\u2028\u202eend`, plain: 'ä€' };
  const text = safeJson(JSON.stringify(value));
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/);
  expect(JSON.parse(text)).toEqual(value);
});
