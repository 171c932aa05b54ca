/** Records of every topic as version 1 wrote them. Later versions must read them with the same meaning. Lines are added, never changed. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeChange, decodeSuppressions, schemaProblem } from '@desist/contracts';
import { decodeRecord } from '@desist/formats/event';

interface Line {
  readonly topic: 'delivery-events' | 'suppression-events' | 'suppressions';
  readonly key: string;
  readonly value: string | null;
  readonly wants: Readonly<Record<string, unknown>> | null;
}

const lines = readFileSync(new URL('./contracts/version-1.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const COMMANDS = ['suppress', 'release', 'allow', 'disallow', 'forget'];

describe('what version 1 wrote is read', () => {
  it('of every topic, every type', () => {
    const types = (topic: string): Set<unknown> =>
      new Set(lines.filter((line) => line.topic === topic).map(({ wants }) => wants?.['type']));
    expect(types('delivery-events').size).toBe(14);
    expect(types('suppression-events').size).toBe(10);
  });

  it.each(
    lines.map((line, index) => ({ ...line, name: `${index + 1} ${line.topic} ${(line.wants?.['type'] as string | undefined) ?? ''}` })),
  )('line $name', ({ topic, key, value, wants }) => {
    switch (topic) {
      case 'delivery-events': {
        const decoded = decodeRecord({ key: bytes(key), value: bytes(value ?? ''), recordTime: Date.UTC(2026, 6, 1) });
        expect(decoded).toEqual({ ok: true, event: wants, clamped: false });
        const schema = COMMANDS.includes(String(wants?.['type'])) ? 'command' : 'delivery-event';
        expect(schemaProblem(schema, JSON.parse(value ?? ''))).toBeNull();
        break;
      }
      case 'suppression-events': {
        const decoded = decodeChange(bytes(value ?? ''));
        expect(decoded).toMatchObject({ ok: true, value: { ...wants, tenant: 'acme', recipient: 'alice@example.com' } });
        break;
      }
      case 'suppressions': {
        const decoded = decodeSuppressions(value === null ? null : bytes(value));
        if (wants === null) expect(decoded).toEqual({ ok: true, value: null });
        else
          expect(decoded).toMatchObject({
            ok: true,
            value: { recipientVersion: 5, suppressions: [{ scope: '*' }], allowed: [{ scope: 'marketing' }] },
          });
        break;
      }
    }
  });
});

describe('what is not as it should be is refused with its place', () => {
  const change = lines.find(({ topic }) => topic === 'suppression-events');
  const broken = (over: object): Uint8Array => bytes(JSON.stringify({ ...(JSON.parse(change?.value ?? '') as object), ...over }));

  it('another version, a missing field, an unknown value, no JSON', () => {
    expect(decodeChange(broken({ version: 2 }))).toEqual({ ok: false, problem: 'version 2: this program reads version 1' });
    expect(decodeChange(broken({ sequence: undefined }))).toMatchObject({ ok: false });
    expect(decodeChange(broken({ type: 'forgotten' }))).toMatchObject({ ok: false, problem: expect.stringContaining('/type') as unknown });
    expect(decodeChange(bytes('{'))).toEqual({ ok: false, problem: 'not JSON in UTF-8' });
    expect(decodeChange(broken({ later: 'an unknown field is ignored' }))).toMatchObject({ ok: true });
    expect(decodeSuppressions(bytes('{"version":1}'))).toMatchObject({ ok: false });
  });
});
