/** Every row of what a record may have wrong, and the schema beside the decoder. */
import { normaliseAddress } from './address.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord, RECORD_LIMIT } from './event.ts';
import { schemaProblem } from './schemas.ts';

const NOW = Date.UTC(2026, 2, 1, 12);
const KEY = 'acme/alice@example.com';
/** The example of the contract, section 1.1. */
const EXAMPLE = {
  version: 1,
  id: 'b7c0',
  tenant: 'acme',
  stream: 'transactional',
  recipient: 'Alice@Example.com',
  messageId: 'm-1001',
  type: 'deferred',
  occurredAt: '2026-03-01T10:00:00.000Z',
  attempt: 2,
  smtp: { code: 452, enhanced: '4.2.2', text: '452 4.2.2 The email account that you tried to reach is over quota' },
  phase: 'rcpt',
  remoteHost: 'mx1.example.com',
  source: 'kumomta',
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (value: unknown, key: string | null = KEY): ReturnType<typeof decodeRecord> =>
  decodeRecord({ key: key === null ? null : bytes(key), value: bytes(JSON.stringify(value)), recordTime: NOW });

describe('a record of delivery-events', () => {
  it('as in the contract', () => {
    expect(decode(EXAMPLE)).toMatchObject({
      ok: true,
      clamped: false,
      event: { recipient: 'alice@example.com', occurredAt: Date.UTC(2026, 2, 1, 10) },
    });
    expect(schemaProblem('delivery-event', EXAMPLE)).toBeNull();
  });

  it.each([
    ['no key', EXAMPLE, null],
    ['the address as it was sent', EXAMPLE, 'acme/Alice@Example.com'],
    ['another tenant', EXAMPLE, 'other/alice@example.com'],
    ['no tenant', EXAMPLE, 'alice@example.com'],
  ])('wrong_key: %s', (_name, value, key) => {
    expect(decode(value, key)).toMatchObject({ ok: false, reason: 'wrong_key' });
  });

  it.each([
    ['no JSON', bytes('{')],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ['nothing', null],
  ])('unreadable: %s', (_name, value) => {
    expect(decodeRecord({ key: bytes(KEY), value, recordTime: NOW })).toMatchObject({ ok: false, reason: 'unreadable' });
  });

  it.each([
    ['type', undefined],
    ['type', 'bounce'],
    ['recipient', undefined],
    ['recipient', 'nobody'],
    ['occurredAt', undefined],
    ['occurredAt', 'yesterday'],
    ['occurredAt', 1_772_582_400_000],
    ['tenant', 'a b'],
    ['stream', ''],
    ['attempt', 1.5],
    ['phase', 'RCPT'],
    ['permanent', 'yes'],
    ['messageId', 7],
    ['smtp', '452'],
    ['smtp', { code: 99 }],
  ])('invalid: %s %j, and the detail names it', (field, value) => {
    const refused = decode({ ...EXAMPLE, [field]: value });
    expect(refused).toMatchObject({ ok: false, reason: 'invalid' });
    expect((refused as { detail: string }).detail).toContain(field);
    expect((refused as { detail: string }).detail).not.toContain('alice');
    expect(schemaProblem('delivery-event', JSON.parse(JSON.stringify({ ...EXAMPLE, [field]: value }))) === null).toBe(
      field === 'recipient' && value !== undefined,
    );
  });

  it('unsupported_version', () => {
    expect(decode({ ...EXAMPLE, version: 2 })).toMatchObject({ ok: false, reason: 'unsupported_version' });
    expect(decode({ ...EXAMPLE, version: undefined })).toMatchObject({ ok: false, reason: 'invalid' });
  });

  it('too_large: one byte over 256 KiB', () => {
    const room = RECORD_LIMIT - JSON.stringify({ ...EXAMPLE, more: '' }).length;
    expect(decode({ ...EXAMPLE, more: 'x'.repeat(room) })).toMatchObject({ ok: true });
    expect(decode({ ...EXAMPLE, more: 'x'.repeat(room + 1) })).toMatchObject({ ok: false, reason: 'too_large' });
  });

  it('clamps what is more than five minutes in the future of its record', () => {
    const at = (ms: number): object => ({ ...EXAMPLE, occurredAt: new Date(NOW + ms).toISOString() });
    expect(decode(at(300_000))).toMatchObject({ clamped: false, event: { occurredAt: NOW + 300_000 } });
    expect(decode(at(300_001))).toMatchObject({ clamped: true, event: { occurredAt: NOW } });
  });

  it('keeps that an event is not certain, and only that', () => {
    const certain = [false, true, null, undefined].map((given) => {
      const decoded = decode({ ...EXAMPLE, certain: given });
      return decoded.ok && 'certain' in decoded.event ? decoded.event.certain : decoded.ok;
    });
    // Where nothing is kept, the record is still a good one.
    expect(certain).toEqual([false, true, true, true]);
    expect(decode({ ...EXAMPLE, certain: 'no' })).toMatchObject({ ok: false, reason: 'invalid', detail: 'certain: must be true or false' });
    expect(schemaProblem('delivery-event', { ...EXAMPLE, certain: false })).toBeNull();
  });

  it('derives the same id from the same content, and another one from another', () => {
    const { id: _, ...anonymous } = EXAMPLE;
    const idOf = (value: object): string => (decode(value) as { event: { id: string } }).event.id;
    expect(idOf(anonymous)).toBe(idOf({ ...anonymous, source: 'another way' }));
    for (const other of [
      { attempt: 3 },
      { messageId: 'm-2' },
      { occurredAt: '2026-03-01T10:00:00.001Z' },
      { smtp: { code: 452, text: 'other' } },
      { type: 'bounced' },
    ]) {
      expect(idOf({ ...anonymous, ...other })).not.toBe(idOf(anonymous));
    }
  });

  it('never throws, and what it takes the schema takes too', () => {
    const anything = fc.record(
      {
        version: fc.constant(1),
        type: fc.constantFrom('deferred', 'delivered', 'x'),
        recipient: fc.constantFrom('alice@example.com', 'x'),
        occurredAt: fc.constantFrom('2026-03-01T10:00:00Z', 'x'),
        tenant: fc.constantFrom('acme', null),
        attempt: fc.anything(),
        smtp: fc.anything(),
        phase: fc.anything(),
        stream: fc.anything(),
        permanent: fc.anything(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anything, (value) => {
        const json = JSON.parse(JSON.stringify(value)) as object;
        const decoded = decode(json, 'acme/alice@example.com');
        if (decoded.ok && (json as { tenant?: unknown }).tenant !== null && !Object.values(json).includes(null))
          expect(schemaProblem('delivery-event', json)).toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a domain', () => {
  it.each(['a@b.example/c', 'a@b.example?c', 'a@b.example#c', 'a@b.example%41', 'a@b.example|c', 'a@b@c.example'])(
    'that a URL would cut or decode is refused: %s',
    (text) => {
      expect(normaliseAddress(text).ok).toBe(false);
    },
  );

  it('of digits is the same in either case of the local part: no IPv4 address is made of it', () => {
    for (const text of ['a@1.2', 'A@1.2']) expect(normaliseAddress(text)).toMatchObject({ address: 'a@1.2' });
  });
});
