import { asTenant } from '@desist/domain';
import type { SenderNotice } from '@desist/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeIncident, isIncidentKey } from './incident.ts';
import { schemaProblem } from './schemas.ts';
import { encodeSenderChange, encodeSenderIncident } from './sender-incident.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const reply = fc.record({
  category: fc.constantFrom('rate_limited', 'ip_reputation', 'of_a_later_version'),
  code: fc.constantFrom('421 4.7.28', 'none'),
  count: fc.nat(),
  reply: fc.constantFrom(null, '421-4.7.28 slow down'),
});
const notice: fc.Arbitrary<SenderNotice> = fc
  .record({
    id: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
    revision: fc.nat(),
    action: fc.constantFrom('opened' as const, 'closed' as const),
    place: fc.record({
      tenant: fc.stringMatching(/^[a-z]{1,12}$/).map(asTenant),
      provider: fc.stringMatching(/^[a-z.]{1,12}$/),
      pool: fc.option(fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/), { nil: null }),
    }),
    from: time,
    lasts: fc.option(fc.integer({ min: 1, max: 1_000_000_000 }), { nil: null }),
    at: time,
    announcedBy: fc.nat({ max: 64 }),
    summary: fc.record({
      tries: fc.nat(),
      refused: fc.nat(),
      usualShare: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
      replies: fc.array(reply, { maxLength: 5 }),
    }),
  })
  .map(({ lasts, ...rest }) => ({ ...rest, until: lasts === null ? null : rest.from + lasts }));

describe('the record of a sender incident', () => {
  it('is read as it was written, and as its schema says', () => {
    fc.assert(
      fc.property(notice, (one) => {
        const { key, value } = encodeSenderIncident(one);
        expect(isIncidentKey(bytes(key))).toBe(true);
        expect(decodeIncident({ value: bytes(value) })).toEqual({ ok: true, kind: 'sender', notice: one });
        expect(schemaProblem('incident', JSON.parse(value))).toBeNull();
      }),
    );
  });

  it('is refused with the first field that is wrong', () => {
    const [one] = fc.sample(notice, 1) as [SenderNotice];
    const value = JSON.parse(encodeSenderIncident(one).value) as { terms: object };
    const detail = (json: object): string => {
      const read = decodeIncident({ value: bytes(JSON.stringify(json)) });
      return read.ok ? 'ok' : `${read.reason} ${read.detail.split(':')[0] ?? ''}`;
    };
    for (const [name, wrong] of Object.entries({
      id: 'a b',
      revision: -1,
      action: 'voided',
      announcedBy: 'x',
      occurredAt: 'now',
      terms: 1,
    })) {
      expect(detail({ ...value, [name]: wrong })).toBe(`invalid ${name}`);
    }
    for (const [name, wrong] of Object.entries({ tenant: 'a b', provider: '', pool: 'a b', from: 1 })) {
      expect(detail({ ...value, terms: { ...value.terms, [name]: wrong } })).toBe(`invalid ${name}`);
    }
    expect(detail({ ...value, version: 2 })).toBe('unsupported_version version 2, supported');
  });
});

describe("a sender incident's change", () => {
  it('is as its schema says, with its kind, counts, and what each reply means', () => {
    fc.assert(
      fc.property(notice, (one) => {
        const { key, value } = encodeSenderChange({ notice: one, recordedAt: 1, policy: 'p', sequence: { partition: 0, number: 1 } });
        const change = JSON.parse(value) as { replies: { meaning: string; actions: string[] }[] };
        expect(schemaProblem('incident-change', change)).toBeNull();
        expect(key).toBe(`incident/${one.id}`);
        expect(change).toMatchObject({ type: `incident_${one.action}`, holds: false, incident: { id: one.id, kind: 'sender' } });
        for (const { meaning, actions } of change.replies) expect([meaning, actions[0]]).toEqual([expect.any(String), expect.any(String)]);
      }),
    );
  });
});
