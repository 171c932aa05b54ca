import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toCsv } from './csv.ts';

test('fields with commas, quotes and line ends are quoted; null is empty; formulas are text', () => {
  expect(
    toCsv(
      ['a', 'b'],
      [
        ['x,"y"\n', null],
        ['=1+1', -1],
        ['@cmd', true],
      ],
    ),
  ).toBe('a,b\r\n"x,""y""\n",\r\n\'=1+1,-1\r\n\'@cmd,true\r\n');
});

test('no text of strangers begins a formula, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      expect(toCsv(['a'], [[text]]).slice(3)).not.toMatch(/^"?[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/);
    }),
  );
});
