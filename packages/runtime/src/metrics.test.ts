import { spawnSync } from 'node:child_process';
import { asAddress, asTenant, recipientKey } from '@desist/domain';
import type { Fact } from '@desist/domain';
import { createPipelineMetrics, NO_COUNTS } from '@desist/pipeline';
import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import type { MetricsOptions } from './metrics.ts';

const PARTITION = {
  partition: 3,
  epoch: 1,
  position: 90,
  committed: 80,
  highWatermark: 100,
  clock: 1_700_000_000_000,
  policy: 'sha256:x',
  tracked: 1,
  outdated: 3,
  stopped: null,
};
const KEY = recipientKey(asTenant('t'), asAddress('a@gmail.com'));
const counts = NO_COUNTS;

function unmatchedFailure(reply: string): Fact {
  const verdict = { category: 'unknown', attribution: 'unknown', permanence: 'permanent', rule: 'unmatched' } as const;
  const classified = { verdict, reply, provider: 'gmail' };
  return { kind: 'failure', type: 'deferred', at: 0, id: 'x', stream: 's', message: null, causeUnknown: false, merged: 0, classified };
}

async function rendered(status: MetricsOptions['reader']['status'], accept?: string): Promise<string> {
  const pipeline = createPipelineMetrics((domain) => (domain === 'gmail.com' ? 'gmail' : domain));
  pipeline.event('delivered');
  pipeline.event('delivered');
  pipeline.countsOf('gmail').delivered += 1;
  pipeline.deadLetter('invalid');
  for (const reply of ['550 <recipient> zork 17', '550 <recipient> zork 18']) pipeline.classified(unmatchedFailure(reply), KEY);
  pipeline.measured({ type: 'regretted', reason: 'hard_bounce', provider: 'gmail', times: 1 });
  pipeline.measured({ type: 'regretted', reason: 'hard_bounce', provider: 'gmail', times: -1 });
  pipeline.measured({ type: 'wasted', reason: 'hard_bounce', provider: 'gmail', times: 1 });
  pipeline.waited('gmail', 90_000);
  const metrics = createMetrics({
    pipeline: pipeline,
    partitions: () => [{ ...PARTITION, counts }],
    reader: { status },
    traffic: { counters: async () => ({ atRisk: 4, allowances: 1, events: {}, changes: {}, regret: {} }) },
    version: '0.1.0',
    openIncidents: () => 0,
    webhooks: {
      dispatcher: { counts: () => ({ taken: 3, refused: 1 }), drainDurations: () => [20, 4_000] },
      store: { counts: async () => ({ active: 5, failing: 2, paused: 1, ended: 0 }) },
    },
    ingest: {
      elements: new Map([['x', { format: 'ses', outcome: 'event', count: 1 }]]),
      refused: new Map([['signature', 1]]),
      deadLetters: new Map(),
      lost: 0,
    },
    monotonic: () => 0,
  });
  metrics.committed(7);
  metrics.answered({ method: 'GET', route: '/v1/suppressions', status: 200, ms: 12 });
  await metrics.render();
  return (await metrics.render(accept)).body;
}

describe('the metrics of the contract', () => {
  const away = (): Promise<never> => Promise.reject(new Error('away'));

  it('gives counters their labels, the same at each scrape', async () => {
    const body = await rendered(away);
    expect(body).toContain('desist_events_total{type="delivered"} 2');
    expect(body).toContain('desist_deferral_ratio{provider="gmail"} 0.6666666666666666');
    // Wordings of replies must not be visible to everybody who can reach the port.
    expect(body).not.toContain('zork');
    // A counter never goes down: what is taken back stays in it.
    expect(body).toContain('desist_regretted_suppressions_total{reason="hard_bounce",provider="gmail"} 1');
    expect(body).toContain('desist_suppressed_attempts_total{reason="hard_bounce",provider="gmail"} 1');
    expect(body).toContain('desist_dead_letters_total{reason="invalid"} 1');
    expect(body).toContain('desist_partition_lag_records{partition="3"} 20');
    expect(body).toContain('desist_recipients_outdated{partition="3"} 3');
    expect(body).toContain('desist_partition_clock_seconds{partition="3"} 1700000000');
    expect(body).toMatch(/desist_time_to_delivery_seconds_bucket\{le="300",provider="gmail"\} 1/);
    expect(body).toMatch(/desist_commit_seconds_bucket\{le="0.01"\} 1/);
    expect(body.endsWith('# EOF\n')).toBe(true);
  });

  const there: MetricsOptions['reader']['status'] = async () => ({
    partitions: [],
    recipients: { persistent: 2, suppressed: 5 },
    suppressions: [
      { scope: '*', reason: 'operator', count: 3 },
      { scope: 'marketing', reason: 'operator', count: 2 },
    ],
  });

  it('says what the commits counted, and by provider what was delivered and deferred', async () => {
    const body = await rendered(there);
    expect(body).toContain('desist_recipients{state="persistent"} 2');
    expect(body).toContain('desist_active_suppressions{reason="operator"} 5');
    expect(body).toContain('\ndesist_at_risk_recipients 4\n');
    expect(body).toContain('\ndesist_allowances 1\n');
    expect(body).toContain('desist_deliveries_total{provider="gmail"} 1');
    expect(body).toContain('desist_deferrals_total{provider="gmail"} 2');
    expect(body).toContain('desist_subscriber_requests_total{outcome="delivered"} 3');
    expect(body).toContain('desist_subscriber_requests_total{outcome="failed"} 1');
    expect(body).toMatch(/desist_subscriber_request_duration_seconds_bucket\{le="0.025"\} 2/);
    for (const [state, count] of Object.entries({ active: 3, failing: 2, paused: 1, ended: 0 }))
      expect(body).toContain(`desist_subscribers{state="${state}"} ${count}`);
    expect(body).toContain('desist_build_info{version="0.1.0"} 1');
    expect(body).toMatch(
      /desist_http_request_duration_seconds_bucket\{le="0.025",method="GET",route="\/v1\/suppressions",status="200"\} 1/,
    );
  });

  it.skipIf(spawnSync('promtool', ['--version']).error !== undefined && process.env['DESIST_REQUIRE_SERVERS'] !== '1')(
    'is what Prometheus wants: promtool finds nothing',
    async () => {
      const text = await rendered(there, 'text/plain;version=0.0.4');
      expect(text).toContain('# TYPE desist_deliveries_total counter\ndesist_deliveries_total{');
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    },
  );

  it('reports the current number of open incidents, and no value if nothing watches for incidents', async () => {
    let open = 2;
    const options = { pipeline: createPipelineMetrics(() => 'x'), partitions: () => [], reader: { status: away }, monotonic: () => 0 };
    const metrics = createMetrics({ ...options, openIncidents: () => open });
    expect((await metrics.render()).body).toContain('\ndesist_open_incidents 2\n');
    open = 0;
    expect((await metrics.render()).body).toContain('\ndesist_open_incidents 0\n');
    expect((await createMetrics(options).render()).body).not.toContain('desist_open_incidents');
  });

  it('reports no database values while the database is unavailable', async () => {
    expect(await rendered(away)).not.toMatch(/^desist_relay_backlog \d/m);
  });
});
