/**
 * Every format under damaged payloads: no throw, no hang, nothing lost. 2,000 cases in all; DESIST_FUZZ sets another number (100000 in
 * the long run).
 */
import { decodeRecord, encodeEvent } from '@desist/formats/event';
import { formatOf } from '@desist/formats';
import type { Format, NormaliseContext, Normalised } from '@desist/formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from './cases.ts';
import { corpusPayloads } from './corpus.ts';
import { damage } from './mutate.ts';
import { CASES } from './payloads/index.ts';

const RUNS = Math.ceil(Number(process.env['DESIST_FUZZ'] ?? 2_000) / CASES.length);
/** Of one payload, ms; the longest takes a hundredth of it. */
const HANG = 5_000;
const NOW = Date.parse('2026-11-25T00:00:00Z');
const CONTEXT: NormaliseContext = { tenant: 'default', stream: 'default', referenceTime: NOW };
const corpus = corpusPayloads() ?? [];

function checked(format: Format, payload: Uint8Array, context: NormaliseContext): readonly Normalised[] {
  const before = performance.now();
  const normalised = format.normalise(payload, context);
  expect(performance.now() - before).toBeLessThan(HANG);
  for (const one of normalised) check(one);
  return normalised;
}

function check(one: Normalised): void {
  switch (one.kind) {
    case 'event': {
      const { key, value } = encodeEvent(one.event);
      const decoded = decodeRecord({ key: Buffer.from(key), value: Buffer.from(value), recordTime: NOW });
      expect(decoded).toMatchObject({ ok: true, event: one.event });
      expect(one.event.occurredAt).toBeGreaterThanOrEqual(Date.UTC(1990));
      expect(one.event.occurredAt).toBeLessThanOrEqual(NOW + 86_400_000);
      return;
    }
    case 'ignored':
      expect(one.what).not.toBe('');
      return;
    case 'problem':
      // A detail goes into logs and dead-letter headers.
      expect(one.detail).not.toMatch(/\S@\S/);
      expect(one.detail.length).toBeLessThan(300);
  }
}

/** How many elements there are at least: an envelope around a list counts for nothing, for the list may be empty. */
function elementsOf(payload: Uint8Array): number | undefined {
  try {
    let json = JSON.parse(Buffer.from(payload).toString('utf8')) as unknown;
    if (typeof json === 'string') json = innerOf(json);
    return [json].flat().filter((one) => !ENVELOPES.some((name) => Array.isArray((one as Record<string, unknown> | null)?.[name]))).length;
  } catch {
    return undefined;
  }
}

/** A document within a string, or the string. */
function innerOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const ENVELOPES = ['Records', 'items', 'results'];

/** Logs of which each line is something by itself. */
const LINES: ReadonlySet<string> = new Set(['postfix', 'exim']);

function linesOf(payload: Uint8Array): number {
  return new TextDecoder()
    .decode(payload)
    .split('\n')
    .filter((line) => line.trim() !== '').length;
}

for (const { format: name, cases } of CASES) {
  const format = formatOf(name) as Format;
  const seeds = [
    ...cases.map((one) => ({ payload: bytesOf(one), context: { ...CONTEXT, ...one.context } })),
    ...corpus.filter((one) => one.format === name).map(({ payload }) => ({ payload, context: CONTEXT })),
  ];
  const seed = fc.nat({ max: seeds.length - 1 });

  describe(`${name}, ${RUNS} damaged payloads`, { timeout: 3_600_000 }, () => {
    it('never throws, never hangs, and accounts for every payload', () => {
      fc.assert(
        fc.property(seed, fc.array(damage, { minLength: 1, maxLength: 3 }), (index, damages) => {
          const { payload, context } = seeds[index] as (typeof seeds)[number];
          const damaged = Buffer.from(damages.reduce((bytes, one) => one(bytes), payload));
          const normalised = checked(format, damaged, context);
          const elements = elementsOf(damaged);
          // What is no JSON is a problem at least, unless a form holds an empty list; each element of JSON is something.
          if (elements !== undefined) expect(normalised.length).toBeGreaterThanOrEqual(elements);
          else if (!damaged.includes('mandrill_events')) expect(normalised.length).toBeGreaterThan(0);
          if (LINES.has(name)) expect(normalised.length).toBeGreaterThanOrEqual(linesOf(damaged));
        }),
        { numRuns: RUNS },
      );
    });

    const whole = seeds.filter(({ payload }) => elementsOf(payload) !== undefined);

    it.skipIf(whole.length === 0)('a damaged element does not affect its neighbours', () => {
      fc.assert(
        fc.property(fc.nat({ max: whole.length - 1 }), damage, (index, one) => {
          const { payload, context } = whole[index] as (typeof seeds)[number];
          const line = Buffer.from(JSON.stringify(JSON.parse(Buffer.from(payload).toString('utf8'))));
          const damaged = Buffer.from(
            Buffer.from(one(line))
              .toString('utf8')
              .replaceAll(/[\r\n]/g, ' '),
          );
          // Before and behind it stands the payload as it was, on a line of its own.
          const alone = format.normalise(line, context).filter(({ kind }) => kind === 'event');
          const together = checked(format, Buffer.concat([line, Buffer.from('\n'), damaged, Buffer.from('\n'), line]), context).filter(
            ({ kind }) => kind === 'event',
          );
          expect(together.slice(0, alone.length)).toEqual(alone);
          expect(alone.length === 0 ? [] : together.slice(-alone.length)).toEqual(alone);
        }),
        { numRuns: Math.ceil(RUNS / 4) },
      );
    });
  });
}

describe('bytes of no format', { timeout: 3_600_000 }, () => {
  it.each(CASES.map(({ format }) => format))('%s reports that it cannot read them', (name) => {
    const format = formatOf(name) as Format;
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 200 }),
          fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
        ),
        (payload) => {
          const normalised = checked(format, payload, CONTEXT);
          expect(normalised.length).toBeGreaterThan(0);
          expect(normalised.every(({ kind }) => kind === 'problem')).toBe(true);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it.each(CASES.map(({ format }) => format))('%s takes linear time on long nonsense', (name) => {
    const format = formatOf(name) as Format;
    for (const piece of ['[', '{"a":', '{\n', '[]\n', '{}\n', '"', '\\', 'a=b&', '--x\r\n', '{"event":"x"}', '\n', ' ,', '"@"<']) {
      checked(format, Buffer.from(piece.repeat(30_000)), CONTEXT);
    }
  });
});
