/** Every kind of invalid record, and a comparison of decoder and schema. */
import { normaliseAddress } from './address.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeEvent, RECORD_LIMIT } from './event.ts';
import { schemaProblem } from '@desist/contracts';

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

describe('a record on the topic delivery-events', () => {
  it('is read as in the contract', () => {
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

  describe('about a domain', () => {
    const command = { version: 1, tenant: 'acme', type: 'suppress', occurredAt: EXAMPLE.occurredAt };

    it.each([
      ['@Example.COM', '@example.com'],
      ['@example.com.', '@example.com'],
      ['@Bücher.example', '@xn--bcher-kva.example'],
      ['@com', '@com'],
    ])('%s is read as %s, under that key', (recipient, canonical) => {
      for (const type of ['suppress', 'release', 'amend']) {
        const value = { ...command, type, recipient, note: 'x', subdomains: true };
        expect(decode(value, `acme/${canonical}`)).toMatchObject({ ok: true, event: { recipient: canonical, subdomains: true } });
        expect(schemaProblem('command', value)).toBeNull();
        expect(decode(value, 'acme/@other.example')).toMatchObject({ ok: false, reason: 'wrong_key' });
      }
    });

    it.each(['allow', 'disallow', 'forget', 'deferred', 'delivered', 'bounced', 'complained', 'unsubscribed', 'accepted'])(
      '%s is invalid: no event changes an entry for a domain',
      (type) => {
        const found = decode({ ...command, type, recipient: '@example.com' }, 'acme/@example.com');
        expect(found).toMatchObject({ ok: false, reason: 'invalid', detail: expect.stringContaining('take a domain') as string });
      },
    );

    it.each(['@', '@.', '@.com', '@a@b.c', `@${'a'.repeat(300)}`, '@a b', '@a/b', '@a@'])('%s is none', (recipient) => {
      expect(decode({ ...command, recipient }, `acme/${recipient}`)).toMatchObject({ ok: false, reason: 'invalid' });
    });

    it('has subdomains; an address has none', () => {
      const found = decode({ ...command, recipient: 'a@example.com', subdomains: true }, 'acme/a@example.com');
      expect(found).toMatchObject({ ok: false, reason: 'invalid', detail: expect.stringContaining('subdomains') as string });
    });
  });

  describe('that amends', () => {
    const amend = { version: 1, tenant: 'acme', type: 'amend', recipient: 'alice@example.com', occurredAt: EXAMPLE.occurredAt };

    it('tells never from as it is', () => {
      expect(decode({ ...amend, expiresAt: null })).toMatchObject({ ok: true, event: { expiresAt: null } });
      const found = decode({ ...amend, note: '' });
      expect(found).toMatchObject({ ok: true, event: { note: '' } });
      expect(found.ok && found.event).not.toHaveProperty('expiresAt');
    });

    it('must change something, and name a reason that there is', () => {
      expect(decode(amend)).toMatchObject({ ok: false, reason: 'invalid' });
      expect(decode({ ...amend, note: 'x', reason: 'mood' })).toMatchObject({ ok: false, reason: 'invalid' });
    });

    it('has an id from what it changes, when it has none, and is written as it was read', () => {
      const idOf = (more: object): string => {
        const read = decode({ ...amend, ...more });
        if (!read.ok) throw new Error(read.detail);
        const { key, value } = encodeEvent(read.event);
        expect(decodeRecord({ key: bytes(key), value: bytes(value), recordTime: NOW })).toEqual(read);
        return read.event.id;
      };
      const ids = [
        { note: 'a' },
        { note: 'b' },
        { expiresAt: null },
        { expiresAt: EXAMPLE.occurredAt },
        { note: 'a', reason: 'operator' },
      ].map(idOf);
      expect(new Set(ids).size).toBe(ids.length);
    });
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
  ])('invalid: %s %j, and the detail names the field', (field, value) => {
    const refused = decode({ ...EXAMPLE, [field]: value });
    expect(refused).toMatchObject({ ok: false, reason: 'invalid' });
    expect((refused as { detail: string }).detail).toContain(field);
    expect((refused as { detail: string }).detail).not.toContain('alice');
    expect(schemaProblem('delivery-event', JSON.parse(JSON.stringify({ ...EXAMPLE, [field]: value }))) === null).toBe(
      field === 'recipient' && value !== undefined,
    );
  });

  describe('that is proof of life', () => {
    it.each(['click', 'reply', 'login', 'confirmed'])('says how: %s, and is written as it was read', (kind) => {
      const read = decode({ ...EXAMPLE, type: 'engaged', kind });
      expect(read).toMatchObject({ ok: true, event: { type: 'engaged', kind, messageId: 'm-1001' } });
      expect(schemaProblem('delivery-event', { ...EXAMPLE, type: 'engaged', kind })).toBeNull();
      if (!read.ok) throw new Error(read.detail);
      const { key, value } = encodeEvent(read.event);
      expect(decodeRecord({ key: bytes(key), value: bytes(value), recordTime: NOW })).toEqual(read);
    });

    it.each([undefined, null, 'open', 'Click', 7])('invalid: kind %j', (kind) => {
      expect(decode({ ...EXAMPLE, type: 'engaged', kind })).toMatchObject({
        ok: false,
        reason: 'invalid',
        detail: expect.stringContaining('kind') as string,
      });
      expect(schemaProblem('delivery-event', JSON.parse(JSON.stringify({ ...EXAMPLE, type: 'engaged', kind })))).not.toBeNull();
    });

    it('has an id from its content, the kind included; of other types `kind` is ignored, as every unknown field', () => {
      const idOf = (more: object): string => {
        const read = decode({ ...EXAMPLE, id: undefined, ...more });
        return read.ok ? read.event.id : read.detail;
      };
      const kinds = ['click', 'reply', 'login', 'confirmed'];
      expect(new Set(kinds.map((kind) => idOf({ type: 'engaged', kind }))).size).toBe(4);
      expect(idOf({ type: 'delivered', kind: 7 })).toBe(idOf({ type: 'delivered' }));
      expect(schemaProblem('delivery-event', { ...EXAMPLE, kind: 7 })).toBeNull();
      const read = decode({ ...EXAMPLE, kind: 'click' });
      expect(read.ok && read.event).not.toHaveProperty('kind');
    });
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

  it('moves a time more than five minutes after the record time back to that limit', () => {
    const at = (ms: number): object => ({ ...EXAMPLE, occurredAt: new Date(NOW + ms).toISOString() });
    expect(decode(at(300_000))).toMatchObject({ clamped: false, event: { occurredAt: NOW + 300_000 } });
    expect(decode(at(300_001))).toMatchObject({ clamped: true, event: { occurredAt: NOW } });
  });

  it('keeps `certain: false`, and no other value of `certain`', () => {
    const certain = [false, true, null, undefined].map((given) => {
      const decoded = decode({ ...EXAMPLE, certain: given });
      return decoded.ok && 'certain' in decoded.event ? decoded.event.certain : decoded.ok;
    });
    // The record is valid although the value is ignored.
    expect(certain).toEqual([false, true, true, true]);
    expect(decode({ ...EXAMPLE, certain: 'no' })).toMatchObject({ ok: false, reason: 'invalid', detail: 'certain: must be true or false' });
    expect(schemaProblem('delivery-event', { ...EXAMPLE, certain: false })).toBeNull();
  });

  it('derives the same id from the same content, and different ids from different content', () => {
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

  it('never throws, and accepts nothing that the schema rejects', () => {
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

describe('the length limit of an address', () => {
  // Three code points that normalise to one letter of three octets.
  const syllable = '\u1112\u1161\u11ab';

  it('applies to the normalised form, however many parts the input has', () => {
    expect(normaliseAddress(`${syllable.repeat(21)}@example.com`)).toMatchObject({
      ok: true,
      address: `${'\ud55c'.repeat(21)}@example.com`,
    });
    expect(normaliseAddress(`${syllable.repeat(22)}@example.com`)).toEqual({
      ok: false,
      problem: 'the local part is longer than 64 octets',
    });
  });

  it('is checked before normalisation, and the message names the part that is too long', () => {
    const marks = '\u0301\u0316'.repeat(80_000);
    expect(normaliseAddress(`a${marks}@example.com`)).toEqual({ ok: false, problem: 'the local part is longer than 64 octets' });
    expect(normaliseAddress(`a@u${marks}.com`)).toEqual({ ok: false, problem: 'the domain is longer than 255 octets' });
    expect(normaliseAddress(`a@${'b'.repeat(60)}.${'c.'.repeat(100)}com`)).toEqual({
      ok: false,
      problem: 'the domain is longer than 255 octets',
    });
  });
});

describe('a domain in an address', () => {
  it.each(['a@b.example/c', 'a@b.example?c', 'a@b.example#c', 'a@b.example%41', 'a@b.example|c', 'a@b@c.example'])(
    'is refused if a URL parser would cut or decode it: %s',
    (text) => {
      expect(normaliseAddress(text).ok).toBe(false);
    },
  );

  it('of digits is not converted to an IPv4 address, whatever the case of the local part', () => {
    for (const text of ['a@1.2', 'A@1.2']) expect(normaliseAddress(text)).toMatchObject({ address: 'a@1.2' });
  });
});
