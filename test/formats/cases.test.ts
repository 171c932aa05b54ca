/** The contract of every format: each payload gives exactly the expected results, is detected, and gives the same again. */
import { decodeRecord, encodeEvent } from '@desist/formats/event';
import { detectFormat, formatOf } from '@desist/formats';
import type { Format, NormaliseContext, Normalised } from '@desist/formats';
import { describe, expect, it } from 'vitest';
import { bytesOf } from './cases.ts';
import type { Case, Outcome } from './cases.ts';
import { toldOf } from './compare.ts';
import { CASES } from './payloads/index.ts';

const CONTEXT: NormaliseContext = { tenant: 'default', stream: 'default', referenceTime: Date.parse('2026-11-25T00:00:00Z') };

/** The results, with the fields that the case names. */
function outcomeOf(one: Normalised, wanted: Outcome | undefined): unknown {
  if (one.kind === 'ignored') return { ignored: one.what };
  if (one.kind === 'problem') return { problem: one.reason };
  const { tenant, stream, certain, kind } = one.event;
  const told: Readonly<Record<string, unknown>> = { ...toldOf(one.event), tenant, stream, certain, kind };
  const named = (name: string): boolean => wanted === undefined || name in wanted;
  return Object.fromEntries(
    Object.entries(told).filter(([name, value]) => value !== undefined && value !== null && (named(name) || !OPTIONAL.has(name))),
  );
}

/** Fields that are compared if the case names them. */
const OPTIONAL: ReadonlySet<string> = new Set(['event_id', 'tenant', 'stream']);

function wantedOf(outcome: Outcome): unknown {
  return Object.fromEntries(Object.entries(outcome).filter(([, value]) => value !== null));
}

for (const { format: name, cases } of CASES) {
  const format = formatOf(name) as Format;
  describe(name, () => {
    it.each(cases)('$name', (one: Case) => {
      const payload = bytesOf(one);
      const context = { ...CONTEXT, ...one.context };
      const normalised = format.normalise(payload, context);
      expect(normalised.map((given, index) => outcomeOf(given, one.outcomes[index]))).toEqual(one.outcomes.map(wantedOf));
      // The same bytes read at another time give the same events.
      expect(format.normalise(payload, { ...context, referenceTime: CONTEXT.referenceTime + 86_400_000 })).toEqual(normalised);
    });

    it('is detected from its content', () => {
      const recognised = cases.map((one) => [one.name, detectFormat(bytesOf(one))?.name]);
      expect(recognised).toEqual(cases.map((one) => [one.name, name]));
    });

    it('produces events that the log accepts unchanged', () => {
      for (const one of cases) {
        for (const given of format.normalise(bytesOf(one), { ...CONTEXT, ...one.context })) {
          if (given.kind !== 'event') continue;
          const { key, value } = encodeEvent(given.event);
          const record = { key: Buffer.from(key), value: Buffer.from(value), recordTime: CONTEXT.referenceTime };
          expect(decodeRecord(record)).toEqual({ ok: true, event: given.event, clamped: false });
        }
      }
    });
  });
}

describe('every format', () => {
  it('distinguishes the events of one message', () => {
    for (const { format: name, cases } of CASES) {
      const events = cases
        .flatMap((one) => (formatOf(name) as Format).normalise(bytesOf(one), { ...CONTEXT, ...one.context }))
        .flatMap((one) => (one.kind === 'event' ? [one.event] : []));
      const derived = events.filter(({ id }) => /^[\w-]{22}$/.test(id));
      const meanings = new Map(
        derived.map((event) => [event.id, JSON.stringify([event.type, event.recipient, event.occurredAt, event.messageId])]),
      );
      for (const event of derived)
        expect(meanings.get(event.id)).toBe(JSON.stringify([event.type, event.recipient, event.occurredAt, event.messageId]));
    }
  });
});
