import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvFields, oddQuotes } from './csv.ts';

const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;

describe('csvFields', () => {
  it('reads back what was written, like csv-parse', () => {
    const field = fc.tuple(fc.string({ unit: fc.constantFrom('a', ',', '"', ' ', '\n', 'ü', '') }), fc.boolean());
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 8 }), (fields) => {
        const row = fields.map(([text, always]) => (always || /[",\n]/.test(text) ? quoted(text) : text)).join(',');
        const wanted = fields.map(([text]) => text);
        expect(csvFields(row)).toEqual(wanted);
        // csv-parse does not treat an empty line as a row.
        if (row !== '') expect(parse(row)).toEqual([wanted]);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['a,"b', undefined],
    ['a,"b"c,d', undefined],
    ['"', undefined],
    ['a,b "c" d', ['a', 'b "c" d']],
    ['', ['']],
    [',', ['', '']],
    ['"",', ['', '']],
  ])('%j', (row, fields) => {
    expect(csvFields(row)).toEqual(fields);
  });

  it('recognises an open quote', () => {
    expect([oddQuotes('a,"b'), oddQuotes('a,"b""'), oddQuotes('a,"b"'), oddQuotes('')]).toEqual([true, true, false, false]);
  });
});
