/** Whatever peek answers, decode says too; and the usual forms are recognised. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeliveryEvent } from '@desist/domain';
import { decodeRecord } from '@desist/formats/event';
import { keyText, peekEvent, peekRecord as peekInto } from './peek.ts';
import type { PeekedOffsets, PeekedType } from './peek.ts';
import type { RawRecord } from '@desist/formats/event';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 20_000);
const NOW = Date.UTC(2026, 2, 1, 12);
const encoder = new TextEncoder();

interface Made {
  readonly key: string;
  readonly value: string;
}

const offsets: PeekedOffsets = {
  ...{ occurredAt: 0, messageStart: 0, messageEnd: 0, hostStart: 0, hostEnd: 0 },
  ...{ streamStart: 0, streamEnd: 0, poolStart: 0, poolEnd: 0 },
};
const peekRecord = (record: RawRecord): PeekedType | undefined => peekInto(record, offsets);
const decoder = new TextDecoder();

function agrees({ key, value }: { readonly key: Uint8Array | null; readonly value: Uint8Array | null }, recordTime: number): boolean {
  agreesAlone(value);
  const peeked = peekRecord({ key, value, recordTime });
  if (peeked === undefined) return false;
  const decoded = decodeRecord({ key, value, recordTime });
  if (!decoded.ok) throw new Error(`peek took what decode refuses: ${decoded.reason} ${decoded.detail}`);
  expect(decoded.event.type).toBe(peeked);
  expect(`${decoded.event.tenant}/${decoded.event.recipient}`).toBe(keyText(key as Uint8Array));
  expect(decoded.clamped).toBe(false);
  expect(decoded.event).not.toHaveProperty('certain');
  expect(decoded.event.occurredAt).toBe(offsets.occurredAt);
  const { messageId = '', remoteHost = '', stream, pool = '' } = decoded.event as DeliveryEvent;
  const { messageStart, messageEnd, hostStart, hostEnd, streamStart, streamEnd, poolStart, poolEnd } = offsets;
  expect(streamEnd > streamStart ? decoder.decode(value?.subarray(streamStart, streamEnd)) : 'default').toBe(stream);
  expect(decoder.decode(value?.subarray(poolStart, poolEnd))).toBe(pool);
  expect(decoder.decode(value?.subarray(messageStart, messageEnd)).slice(0, 1_024)).toBe(messageId);
  expect(decoder.decode(value?.subarray(hostStart, hostEnd)).slice(0, 1_024)).toBe(remoteHost);
  return true;
}

/** Of an event without a record: the key is the one that its record would have. */
function agreesAlone(value: Uint8Array | null): void {
  const alone = value === null ? undefined : peekEvent(value, offsets);
  if (alone === undefined) return;
  const decoded = decodeRecord({ key: alone.key, value, recordTime: Number.MAX_SAFE_INTEGER });
  if (!decoded.ok) throw new Error(`peek took what decode refuses: ${decoded.reason} ${decoded.detail}`);
  expect(decoded.event.type).toBe(alone.type);
  expect(`${decoded.event.tenant}/${decoded.event.recipient}`).toBe(keyText(alone.key));
  expect(decoded.event.occurredAt).toBe(offsets.occurredAt);
}

const scalar = fc.oneof(fc.string({ maxLength: 12 }), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.constant('x'));
/** The first value nearly always: most records of a run are to be good ones. */
const oneOf = (good: unknown, ...others: unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6 * others.length + 1, arbitrary: fc.constant(good) },
    ...others.map((other) => ({ weight: 1, arbitrary: fc.constant(other) })),
  );
const mostly = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 40, arbitrary: good }, { weight: 1, arbitrary: scalar });

const members = fc.record(
  {
    version: mostly(oneOf(1, 2, '1', 1.5)),
    type: mostly(oneOf('delivered', 'accepted', 'deferred', 'Delivered')),
    recipient: mostly(
      oneOf('a@b.example', 'alice@example.com', 'Alice@example.com', 'x+tag@xn--bcher-kva.example', 'no-address', 'ü@example.com'),
    ),
    occurredAt: mostly(
      oneOf(
        '2026-03-01T10:00:00.000Z',
        '2026-02-28T23:59:59.999Z',
        '2026-03-01T10:00:00Z',
        '2026-02-30T10:00:00Z',
        '2026-03-01T12:05:00.001Z',
        '2026-03-01T12:05:00.000Z',
        '2026-3-1',
        '2024-02-29T10:00:00.000Z',
        '2026-03-01T10:00:60.000Z',
      ),
    ),
    tenant: mostly(oneOf('acme', 'default', '-bad', 'A.b_c-1', '')),
    stream: mostly(oneOf('marketing', '_bad', 'x'.repeat(65))),
    pool: mostly(oneOf('pool-a', '.b_1', '', 'a b', 'x'.repeat(65))),
    id: mostly(oneOf('id-1', '')),
    messageId: mostly(oneOf('m-1', '"quoted"', 'ümlaut')),
    attempt: mostly(oneOf(1, 0, -1, 1_000_001, 2.5)),
    smtp: mostly(
      oneOf(
        { code: 250, text: '250 ok' },
        {},
        { code: 99 },
        { code: '250' },
        { enhanced: '2.0.0', text: 'x' },
        { cxde: 5 },
        { text: 5 },
        { a: {} },
      ),
    ),
    phase: mostly(oneOf('rcpt', 'end_of_data', 'RCPT')),
    remoteHost: mostly(oneOf('mx.example.com')),
    source: mostly(oneOf('kumomta')),
    permanent: mostly(oneOf(true, false, 'true')),
    certain: mostly(oneOf(true, false, 'false')),
    extra: mostly(oneOf('x', 1, null, true, { nested: 1 }, [1], -5)),
  },
  { requiredKeys: ['version', 'type', 'recipient', 'occurredAt'] },
);

const record: fc.Arbitrary<Made> = fc
  .tuple(
    members,
    fc.nat(),
    fc.boolean(),
    fc.constantFrom(undefined, undefined, undefined, 1),
    fc.constantFrom('right', 'right', 'right', 'tenant', 'address', 'short'),
  )
  .map(([event, turn, shuffle, indent, keyed]) => {
    const entries = Object.entries(event);
    const turned = shuffle ? [...entries.slice(turn % entries.length), ...entries.slice(0, turn % entries.length)] : entries;
    const { tenant = 'default', recipient } = event as { tenant?: unknown; recipient?: unknown };
    const key = {
      right: `${String(tenant)}/${String(recipient)}`,
      tenant: `other/${String(recipient)}`,
      address: `${String(tenant)}/b@b.example`,
      short: 'x',
    }[keyed];
    return { key, value: JSON.stringify(Object.fromEntries(turned), null, indent) };
  });

describe('peek', () => {
  it('never says more than decode', () => {
    let recognised = 0;
    fc.assert(
      fc.property(record, ({ key, value }) => {
        if (agrees({ key: encoder.encode(key), value: encoder.encode(value) }, NOW)) recognised += 1;
      }),
      { numRuns: RUNS },
    );
    expect(recognised).toBeGreaterThan(RUNS / 50);
  });

  it('never says more than decode of damaged bytes', () => {
    fc.assert(
      fc.property(
        record,
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        ({ key, value }, hits, cut) => {
          const bytes = encoder.encode(value);
          for (const [place, byte] of hits) bytes[place % bytes.length] = byte;
          agrees({ key: encoder.encode(key), value: cut ? bytes.subarray(0, hits[0]?.[0] ?? 0) : bytes }, NOW);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('never says more than decode when a field is given twice', () => {
    fc.assert(
      fc.property(
        record,
        fc.constantFrom('"type":"bounced"', '"recipient":"z@z.example"', '"version":2', '"tenant":"t2"', '"smtp":{}'),
        ({ key, value }, twice) => {
          agrees({ key: encoder.encode(key), value: encoder.encode(value.replace(/\}$/, `,${twice}}`)) }, NOW);
          agrees({ key: encoder.encode(key), value: encoder.encode(value.replace(/^\{/, `{${twice},`)) }, NOW);
        },
      ),
      { numRuns: RUNS / 10 },
    );
  });

  const usual = {
    version: 1,
    id: 'e-1',
    tenant: 'acme',
    stream: 'transactional',
    recipient: 'alice@example.com',
    messageId: 'm-1001',
    type: 'delivered',
    occurredAt: '2026-03-01T10:00:00.000Z',
  };
  it.each([
    ['as encoded', usual],
    [
      'with a reply',
      {
        ...usual,
        attempt: 2,
        smtp: { code: 250, enhanced: '2.0.0', text: '250 2.0.0 OK' },
        phase: 'end_of_data',
        remoteHost: 'mx1.example.com',
        source: 'kumomta',
      },
    ],
    ['with fields that it does not know', { ...usual, campaign: 'spring', weight: 12, test: false, nothing: null }],
    ['an acceptance', { ...usual, type: 'accepted' }],
  ])('recognises an event %s', (_name, event) => {
    const key = encoder.encode('acme/alice@example.com');
    for (const indent of [undefined, 2]) {
      expect(peekRecord({ key, value: encoder.encode(JSON.stringify(event, null, indent)), recordTime: NOW })).toBe(event.type);
    }
  });

  it('recognises the default tenant', () => {
    const { tenant: _, ...event } = usual;
    const value = encoder.encode(JSON.stringify(event));
    expect(peekRecord({ key: encoder.encode('default/alice@example.com'), value, recordTime: NOW })).toBe('delivered');
    expect(peekRecord({ key: encoder.encode('acme/alice@example.com'), value, recordTime: NOW })).toBeUndefined();
    expect(peekRecord({ key: null, value, recordTime: NOW })).toBeUndefined();
    expect(keyText(peekEvent(value, offsets)?.key ?? new Uint8Array())).toBe('default/alice@example.com');
  });
});
