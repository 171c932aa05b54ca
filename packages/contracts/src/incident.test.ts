import { asTenant, INCIDENT_ACTIONS } from '@desist/domain';
import type { IncidentNotice } from '@desist/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeIncident, encodeIncident, encodeIncidentChange, isIncidentKey, readTerms, termsValue } from './incident.ts';
import { schemaProblem } from './schemas.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Written by the first version that knew incidents: later ones must read it as it was meant. */
const FIRST =
  '{"version":1,"type":"incident","id":"gmail-12bdk","revision":2,"action":"closed","holds":true,"terms":{"tenant":null,"provider":"gmail","domain":null,"code":null,"text":null,"from":"2020-12-14T13:00:00.000Z","until":"2020-12-14T19:00:00.000Z"},"announcedBy":1,"summary":{"failing":149,"delivered":16,"usualShare":0.001,"codes":[{"code":"550 5.1.1","count":149}],"samples":["550 5.1.1 no such user"]},"by":null,"note":null,"occurredAt":"2020-12-14T20:00:00.000Z"}';

const NOTICE: IncidentNotice = {
  id: 'gmail-12bdk',
  revision: 2,
  action: 'closed',
  excludes: true,
  terms: {
    tenant: null,
    provider: 'gmail',
    domain: null,
    code: null,
    text: null,
    from: Date.UTC(2020, 11, 14, 13),
    until: Date.UTC(2020, 11, 14, 19),
  },
  announcedBy: 1,
  summary: {
    failing: 149,
    delivered: 16,
    usualShare: 0.001,
    codes: [{ code: '550 5.1.1', count: 149 }],
    samples: ['550 5.1.1 no such user'],
  },
  by: null,
  note: null,
  at: Date.UTC(2020, 11, 14, 20),
};

const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const word = fc.option(fc.stringMatching(/^[a-z]{1,12}$/), { nil: null });
const notice: fc.Arbitrary<IncidentNotice> = fc
  .record({
    id: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
    revision: fc.nat(),
    action: fc.constantFrom(...INCIDENT_ACTIONS),
    excludes: fc.boolean(),
    tenant: fc.option(fc.stringMatching(/^[a-z]{1,12}$/).map(asTenant), { nil: null }),
    provider: fc.stringMatching(/^[a-z.]{1,12}$/),
    domain: fc.option(fc.stringMatching(/^[a-z]{1,8}\.com$/), { nil: null }),
    code: fc.constantFrom(null, '550', '5.1.1', '550 5.1.1'),
    text: word,
    from: time,
    lasts: fc.option(fc.integer({ min: 1, max: 1_000_000_000 }), { nil: null }),
    announcedBy: fc.nat({ max: 64 }),
    by: word,
    note: word,
    at: time,
  })
  .map(({ tenant, provider, domain, code, text, from, lasts, ...rest }) => ({
    ...rest,
    terms: { tenant, provider, domain, code, text, from, until: lasts === null ? null : from + lasts },
    summary: rest.revision % 2 === 0 ? null : { failing: 1, delivered: 2, usualShare: null, codes: [], samples: [] },
  }));

describe('the record of an incident', () => {
  it('is read as its first version wrote it, and written like that', () => {
    expect(decodeIncident({ value: bytes(FIRST) })).toEqual({ ok: true, kind: 'provider', notice: NOTICE });
    expect(encodeIncident(NOTICE)).toEqual({ key: 'incident/gmail-12bdk', value: FIRST });
  });

  it('is read as it was written, and as its schema says', () => {
    fc.assert(
      fc.property(notice, (one) => {
        const { key, value } = encodeIncident(one);
        expect(decodeIncident({ value: bytes(value) })).toEqual({ ok: true, kind: 'provider', notice: one });
        expect(schemaProblem('incident', JSON.parse(value))).toBeNull();
        expect(isIncidentKey(bytes(key))).toBe(true);
      }),
    );
  });

  it.each([
    ['{', 'unreadable', 'not JSON in UTF-8'],
    ['[]', 'unreadable', 'not a JSON object'],
    ['{"version":2,"type":"incident"}', 'unsupported_version', 'version 2, supported: 1'],
    [FIRST.replace('"closed"', '"gone"'), 'invalid', 'action: must be one of opened, closed, voided, restored'],
    [FIRST.replace('"provider":"gmail"', '"provider":null'), 'invalid', 'provider: must be given if there is no domain'],
    [FIRST.replace('"until":"2020-12-14T19', '"until":"2020-12-14T12'), 'invalid', 'until: must be after from'],
    [FIRST.replace('"holds":true', '"holds":"yes"'), 'invalid', 'holds: must be true or false'],
  ])('that is not as it should be is refused with the place: %#', (text, reason, detail) => {
    expect(decodeIncident({ value: bytes(text) })).toEqual({ ok: false, reason, detail });
  });

  it('is recognised by its key, which no recipient can have', () => {
    for (const key of ['incident/a', 'incident/gmail-12bdk']) expect(isIncidentKey(bytes(key))).toBe(true);
    for (const key of ['incident/alice@example.com', 'incident/', 'default/incident', 'inciden'])
      expect(isIncidentKey(bytes(key))).toBe(false);
    expect(isIncidentKey(null)).toBe(false);
  });
});

describe('terms', () => {
  const problems = (json: unknown): readonly string[] => {
    const found: string[] = [];
    readTerms(json, (name, wanted) => void found.push(`${name}: ${wanted}`));
    return found;
  };

  it('every mistake is reported', () => {
    expect(problems({ provider: 7, code: 'x', from: 'today' })).toEqual([
      'provider: text of at most 1024 characters',
      'code: like 550, 5.1.1 or "550 5.1.1"',
      'from: an RFC 3339 time',
      'from: given',
      'provider: given if there is no domain',
    ]);
    expect(problems(null)).toEqual(['terms: an object']);
    expect(problems({ provider: 'gmail', from: '2026-03-01T00:00:00Z', text: 'alice@example.com unknown' })).toEqual([
      'text: part of a stored reply, which contains no addresses',
    ]);
  });

  it('a domain is compared as addresses are: ASCII, lower case', () => {
    const wrong = (): undefined => undefined;
    expect(readTerms({ domain: 'Bücher.Example', from: '2026-03-01T00:00:00Z' }, wrong)).toMatchObject({ domain: 'xn--bcher-kva.example' });
    expect(termsValue({ ...NOTICE.terms, until: null })).toMatchObject({ from: '2020-12-14T13:00:00.000Z', until: null });
  });
});

describe("an incident's change", () => {
  it('is as its schema says, with counts, codes and samples, and the same id each time', () => {
    const input = { notice: NOTICE, recordedAt: NOTICE.at + 5, policy: 'sha256:00', sequence: { partition: 1, number: 812 } };
    const { key, value } = encodeIncidentChange(input);
    const change = JSON.parse(value) as Record<string, unknown>;
    expect(schemaProblem('incident-change', change)).toBeNull();
    expect(key).toBe('incident/gmail-12bdk');
    expect(change).toMatchObject({
      type: 'incident_closed',
      tenant: '*',
      incident: { id: 'gmail-12bdk', kind: 'provider' },
      counts: { failing: 149, delivered: 16, share: 0.903, usualShare: 0.001 },
      codes: [{ code: '550 5.1.1', count: 149 }],
      samples: ['550 5.1.1 no such user'],
      sequence: { partition: 1, number: 812 },
    });
    expect(JSON.parse(encodeIncidentChange(input).value)).toMatchObject({ id: change['id'] });
    expect(JSON.parse(encodeIncidentChange({ ...input, notice: { ...NOTICE, revision: 3 } }).value)).not.toMatchObject({
      id: change['id'],
    });
  });
});
