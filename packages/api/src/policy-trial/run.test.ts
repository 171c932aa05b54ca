import { performance } from 'node:perf_hooks';
import { describe, expect, test } from 'vitest';
import { asTenant } from '@desist/domain';
import { runTrial } from './run.ts';

const nobody = { tenant: asTenant('default'), recipient: null };

describe('a trial of a policy', () => {
  test('returns the policy of the file, or its mistakes', async () => {
    expect(await runTrial({ ...nobody, policy: 'version: 1\n' }, 20_000)).toMatchObject({ ok: true, state: 'healthy', suppressAt: null });
    expect(await runTrial({ ...nobody, policy: 'version: 2\n' }, 20_000)).toMatchObject({
      ok: false,
      problems: [{ line: 1, path: 'version' }],
    });
  });

  test('that takes too long is ended in time, and does not block others meanwhile', async () => {
    // As long as one may be: reading it takes many times as long as it is given.
    const policy = Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join('\n');
    let longest = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const result = await runTrial({ ...nobody, policy }, 2);
    clearInterval(watch);
    expect(result).toBeUndefined();
    expect(longest).toBeLessThan(400);
  });
});
