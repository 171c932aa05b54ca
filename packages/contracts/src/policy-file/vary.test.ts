import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY, HOUR } from '@desist/domain';
import { readPolicyFile } from './read.ts';
import { varyPolicy } from './vary.ts';
import type { Variation, VariedPolicy } from './vary.ts';
import { defaultPolicies } from './version.ts';
import { writePolicy } from './write.ts';

function varied(...variations: readonly Variation[]): readonly VariedPolicy[] {
  const result = varyPolicy(defaultPolicies(), variations);
  if (!result.ok) throw new Error(result.problem);
  return result.varied;
}

describe('variations of a policy', () => {
  test('are every combination of their values', () => {
    const all = varied(
      { path: 'deferral.suppress_after', values: ['72h', '96h'] },
      { path: 'deferral.suppress_failures', values: ['2', '3', '4'] },
    );
    expect(all.map(({ values }) => Object.values(values).join(' '))).toEqual(['72h 2', '72h 3', '72h 4', '96h 2', '96h 3', '96h 4']);
    expect(all.find(({ policies }) => policies.version === defaultPolicies().version)?.values).toEqual({
      'deferral.suppress_after': '72h',
      'deferral.suppress_failures': '3',
    });
  });

  test('pull along what is bound to them, so that each could be a file', () => {
    const [day] = varied({ path: 'deferral.suppress_after', values: ['12h'] });
    expect(day?.policies.base.deferral).toEqual({
      ...DEFAULT_POLICY.deferral,
      ...{ persistentAfter: 12 * HOUR, softBounceAfter: 12 * HOUR, suppressAfter: 12 * HOUR },
      ...{ evidenceSpan: 12 * HOUR, atRiskBefore: 12 * HOUR },
    });
    const read = readPolicyFile(writePolicy(day!.policies));
    expect(read).toMatchObject({ ok: true, policies: { version: day?.policies.version } });
  });

  test('hold for tenants and streams that have the value of the installation', () => {
    const file = readPolicyFile('tenants: {acme: {deferral: {suppress_after: 100h}}, other: {give_up: {messages: 4}}}');
    const result = varyPolicy(file.ok ? file.policies : defaultPolicies(), [{ path: 'deferral.suppress_after', values: ['96h'] }]);
    const policies = result.ok ? result.varied[0]?.policies : undefined;
    expect([...(policies?.tenants ?? [])].map(([name, { base }]) => [name, base.deferral.suppressAfter])).toEqual([
      ['acme', 100 * HOUR],
      ['other', 96 * HOUR],
    ]);
  });

  test('say what is wrong', () => {
    const problem = (...variations: readonly Variation[]) => varyPolicy(defaultPolicies(), variations);
    expect(problem({ path: 'deferral.suppres_after', values: ['1h'] })).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/is no value of a policy/) as unknown,
    });
    expect(problem({ path: 'deferral.suppress_after', values: ['1x'] })).toMatchObject({
      problem: expect.stringMatching(/must be a duration, not "1x"/) as unknown,
    });
    expect(
      problem({ path: 'deferral.suppress_after', values: ['24h'] }, { path: 'deferral.evidence_span', values: ['48h'] }),
    ).toMatchObject({ ok: false, problem: expect.stringMatching(/cannot hold together/) as unknown });
  });
});
