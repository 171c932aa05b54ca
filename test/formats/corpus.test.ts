/** Every payload of the corpus, exactly as its expected file says; through detection, too. */
import { detectFormat, FORMATS } from '@desist/formats';
import { describe, expect, it } from 'vitest';
import { differences } from './compare.ts';
import { contextFor, CORPUS, corpusPayloads } from './corpus.ts';

const payloads = corpusPayloads();
if (payloads === undefined)
  console.warn(`test/formats: the payload corpus is not at ${CORPUS}; set DESIST_CORPUS. Its payloads are NOT tested.`);

describe.skipIf(payloads === undefined)('payload corpus', () => {
  for (const one of payloads ?? []) {
    const format = FORMATS.get(one.format);
    it.skipIf(format === undefined)(`${one.format}: ${one.name}`, () => {
      const context = contextFor(one);
      expect(differences(one.expected, format?.normalise(one.payload, context) ?? [])).toEqual([]);
      expect(detectFormat(one.payload)?.name).toBe(one.format);
    });
  }
});
