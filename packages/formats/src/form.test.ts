import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formFields, MOST_FIELDS, urlencodedFields } from './form.ts';

/** Characters with a meaning in a form, and others. */
const form = fc.string({ unit: fc.constantFrom('a', 'b', '&', '=', '+', '%', '4', '1', 'c3', '%C3%BC', '?', ' ', 'ü'), maxLength: 200 });

describe('an urlencoded form', () => {
  it('is read as URLSearchParams reads it', () => {
    fc.assert(
      fc.property(form, (text) => {
        // URLSearchParams removes a leading question mark, as in a URL.
        expect(urlencodedFields(text)).toEqual([...new URLSearchParams(`?${text}`)]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('with too many fields is not read', () => {
    expect(urlencodedFields('a=1&'.repeat(MOST_FIELDS - 1))).toHaveLength(MOST_FIELDS - 1);
    expect(urlencodedFields('a=1&'.repeat(MOST_FIELDS))).toBeUndefined();
    expect(formFields('a=1&'.repeat(MOST_FIELDS))).toBeUndefined();
    expect(formFields('a=1&a=2&b=')).toEqual({ a: '1', b: '' });
  });
});
