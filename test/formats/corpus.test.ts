/** Every payload of the corpus, exactly as its expected file says; through detection, too. */
import { detectFormat, FORMATS } from '@desist/formats';
import { describe, expect, it } from 'vitest';
import { differences } from './compare.ts';
import type { Expected } from './compare.ts';
import type { CorpusPayload } from './corpus.ts';
import { contextFor, CORPUS, corpusPayloads } from './corpus.ts';

const payloads = corpusPayloads();
if (payloads === undefined)
  console.warn(`test/formats: the payload corpus is not at ${CORPUS}; set DESIST_CORPUS. Its payloads are NOT tested.`);

/** SendGrid changes its ids when it repeats an event, so events have one of their content. */
function withoutIds({ format, expected }: CorpusPayload): readonly Expected[] {
  return [expected].flat().map((one) => (format === 'sendgrid' ? { ...one, event_id: null } : one));
}

describe.skipIf(payloads === undefined)('payload corpus', () => {
  for (const one of payloads ?? []) {
    const format = FORMATS.get(one.format);
    it.skipIf(format === undefined)(`${one.format}: ${one.name}`, () => {
      const context = contextFor(one);
      const found = format?.normalise(one.payload, context) ?? [];
      // The corpus is older than proof of life: its clicks are ignored.
      const known = found.filter((result) => result.kind !== 'event' || result.event.type !== 'engaged');
      expect(differences(withoutIds(one), known)).toEqual([]);
      expect(detectFormat(one.payload)?.name).toBe(one.format);
    });
  }
});
