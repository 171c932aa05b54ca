import type { Fact } from '@desist/domain';
import { createTally } from '@desist/pipeline';
import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

const PARTITION = {
  partition: 3,
  epoch: 1,
  position: 90,
  committed: 80,
  highWatermark: 100,
  clock: 1_700_000_000_000,
  tracked: 1,
  stopped: null,
};
const counts = { records: 0, peeked: 0, duplicates: 0, clamped: 0, deadLetters: 0, changes: 0, commits: 0 };

function unmatchedFailure(reply: string): Fact {
  const verdict = { category: 'unknown', attribution: 'unknown', permanence: 'permanent', rule: 'unmatched' } as const;
  const judged = { verdict, reply, provider: 'gmail' };
  return { kind: 'failure', type: 'deferred', at: 0, id: 'x', stream: 's', message: null, causeUnknown: false, merged: 0, judged };
}

async function rendered(status: () => Promise<never>): Promise<string> {
  const tally = createTally((domain) => (domain === 'gmail.com' ? 'gmail' : domain));
  tally.event('delivered');
  tally.event('delivered');
  tally.delivered('gmail');
  tally.deadLetter('invalid');
  for (const reply of ['550 <recipient> zork 17', '550 <recipient> zork 18']) tally.failed(unmatchedFailure(reply), 't/a@gmail.com');
  tally.waited('t/a@gmail.com', 90_000);
  const metrics = createMetrics({ tally, partitions: () => [{ ...PARTITION, counts }], reader: { status }, monotonic: () => 0 });
  metrics.committed(7);
  await metrics.render();
  return (await metrics.render()).body;
}

describe('the metrics of the contract', () => {
  const away = (): Promise<never> => Promise.reject(new Error('away'));

  it('gives the plain counts their labels, the same at each reading', async () => {
    const body = await rendered(away);
    expect(body).toContain('desist_events_total{type="delivered"} 2');
    expect(body).toContain('desist_deferral_ratio{provider="gmail"} 0.6666666666666666');
    expect(body).toContain('desist_unmatched_replies{text="recipient zork"} 2');
    expect(body).toContain('desist_dead_letters_total{reason="invalid"} 1');
    expect(body).toContain('desist_partition_lag_records{partition="3"} 20');
    expect(body).toContain('desist_partition_clock_seconds{partition="3"} 1700000000');
    expect(body).toMatch(/desist_time_to_delivery_seconds_bucket\{le="300",provider="gmail"\} 1/);
    expect(body).toMatch(/desist_commit_seconds_bucket\{le="0.01"\} 1/);
    expect(body.endsWith('# EOF\n')).toBe(true);
  });

  it('says how many incidents go on as it is now, and nothing where nobody watches', async () => {
    let open = 2;
    const options = { tally: createTally(() => 'x'), partitions: () => [], reader: { status: away }, monotonic: () => 0 };
    const metrics = createMetrics({ ...options, openIncidents: () => open });
    expect((await metrics.render()).body).toContain('\ndesist_open_incidents 2\n');
    open = 0;
    expect((await metrics.render()).body).toContain('\ndesist_open_incidents 0\n');
    expect((await createMetrics(options).render()).body).not.toContain('desist_open_incidents');
  });

  it('says nothing of the database while that is away', async () => {
    expect(await rendered(away)).not.toMatch(/^desist_relay_backlog \d/m);
  });
});
