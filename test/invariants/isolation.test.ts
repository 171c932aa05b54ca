/** Who reads does not slow down who writes: exports, scrapes and checks in the engine's own process, beside commits under load. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { asAddress, asTenant } from '@desist/domain';
import type { DeliveryEvent } from '@desist/domain';
import type { Service } from '../e2e/desist.ts';
import { startService } from '../e2e/desist.ts';
import type { Broker } from '../integration/kafka/broker.ts';
import { startBroker } from '../integration/kafka/broker.ts';
import { randomOf } from '../support/load/events.ts';
import { install } from '../support/load/installation.ts';
import type { Installation } from '../support/load/installation.ts';

/** Only what a run of its own measures says something about times. */
const LONG = process.env['DESIST_LONG'] === '1';
const ROUNDS = 8;
/** ms */
const ROUND = 6_000;
const LISTED = 50_000;
const CHECKED = 1_000;
/** Times as long as without readers. */
const BOUND = 2;

describe.skipIf(inject('databaseUrl') === undefined || !LONG)('readers beside the engine', () => {
  let broker: Broker;
  let world: Installation;
  let service: Service;

  beforeAll(async () => {
    broker = await startBroker();
    world = await install(inject('databaseUrl') ?? '', broker.brokers, 'CreateTime');
    await world.db.query(
      `with r as (
         insert into desist.recipient (tenant, address, partition, version, tracked, state, policy, failures, messages, evidence, updated_at)
         select 'acme', 'listed' || n || '@example.org', 0, 1, false, 'suppressed', 'p', 0, 0, '{}', 0 from generate_series(1, $1::integer) as n
         returning id)
       insert into desist.suppression (recipient_id, scope, reason, since, failures, reply, policy, updated_at)
       select id, '*', 'operator', 0, 0, repeat('x', 200), 'p', 0 from r`,
      [LISTED],
    );
    const { brokers, groupId, topics } = world.options;
    service = await startService({
      DATABASE_URL: world.databaseUrl,
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_GROUP_ID: groupId,
      DESIST_TOPIC_DELIVERY_EVENTS: topics.deliveryEvents,
      DESIST_TOPIC_SUPPRESSION_EVENTS: topics.suppressionEvents,
      DESIST_TOPIC_SUPPRESSIONS: topics.suppressions,
      DESIST_TOPIC_DEAD_LETTERS: topics.deadLetters,
    });
  });
  afterAll(async () => {
    expect(await service.stop()).toBe(0);
    await world.close();
    await broker.stop();
  });

  it(
    `do not make the 99th percentile of its commits more than ${BOUND} times as long`,
    async () => {
      const random = randomOf(23);
      const quiet = new Map<number, number>();
      const beside = new Map<number, number>();
      const done = { exports: 0, scrapes: 0, checks: 0 };
      let sent = 0;
      // The first round warms up, and is not counted.
      for (let round = -1; round < ROUNDS; round += 1) {
        for (const [readers, counts] of [[false, quiet] as const, [true, beside] as const]) {
          const before = await commits();
          const until = performance.now() + ROUND;
          const reading = readers ? readUntil(until, done) : Promise.resolve();
          while (performance.now() < until) {
            await world.fill(failures(random, sent).map((event) => ({ event, recordTime: Date.now() })));
            sent += 100;
            // Below what the engine can fold: a backlog would measure only itself.
            await new Promise((resolve) => setTimeout(resolve, 200));
          }
          await reading;
          if (round >= 0) for (const [bound, count] of await commits()) add(counts, bound, count - (before.get(bound) ?? 0));
        }
      }
      await world.settled();
      const [without, withReaders] = [quantile(quiet, 0.99), quantile(beside, 0.99)];
      console.log(
        `${sent} failures, ${done.exports} exports of ${LISTED}, ${done.scrapes} scrapes, ${done.checks} checks of ${CHECKED}: ` +
          `commit p50 ${ms(quantile(quiet, 0.5))} alone, ${ms(quantile(beside, 0.5))} beside readers; p99 ${ms(without)}, ${ms(withReaders)}`,
      );
      expect(Math.min(done.exports, done.scrapes, done.checks)).toBeGreaterThan(ROUNDS);
      expect(withReaders).toBeLessThan(BOUND * without);
    },
    ROUNDS * ROUND * 8 + 120_000,
  );

  async function readUntil(until: number, done: { exports: number; scrapes: number; checks: number }): Promise<void> {
    const again = async (work: () => Promise<void>, pause: number): Promise<void> => {
      while (performance.now() < until) {
        await work();
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    };
    const read = async (path: string, init?: RequestInit): Promise<string> => {
      const answer = await fetch(`${service.url}${path}`, init);
      expect(answer.status).toBe(200);
      return answer.text();
    };
    const recipients = Array.from({ length: CHECKED }, (_, n) => `listed${n * 7}@example.org`);
    const body = JSON.stringify({ tenant: 'acme', recipients });
    await Promise.all([
      again(async () => {
        const text = await read('/v1/suppressions/export?tenant=acme');
        expect(text.length).toBeGreaterThan(LISTED * 200);
        done.exports += 1;
      }, 500),
      again(async () => {
        await read('/metrics');
        done.scrapes += 1;
      }, 500),
      again(async () => {
        await read('/v1/check', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
        done.checks += 1;
      }, 200),
    ]);
  }

  /** Commits so far by the upper bound of their duration, seconds. */
  async function commits(): Promise<Map<number, number>> {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const counts = new Map<number, number>();
    let below = 0;
    for (const [, bound, total] of text.matchAll(/^desist_commit_seconds_bucket\{le="([^"]+)"\} (\d+)/gm)) {
      counts.set(bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), Number(total) - below);
      below = Number(total);
    }
    expect(counts.size).toBeGreaterThan(0);
    return counts;
  }
});

function add(counts: Map<number, number>, bound: number, count: number): void {
  counts.set(bound, (counts.get(bound) ?? 0) + count);
}

/** Inside of a bucket as if its durations were spread evenly, as Prometheus' histogram_quantile takes it. */
function quantile(counts: ReadonlyMap<number, number>, q: number): number {
  const buckets = [...counts].sort(([a], [b]) => a - b);
  const rank = q * buckets.reduce((sum, [, count]) => sum + count, 0);
  let below = 0;
  let lower = 0;
  for (const [upper, count] of buckets) {
    if (below + count >= rank) return upper === Number.POSITIVE_INFINITY ? lower : lower + ((upper - lower) * (rank - below)) / count;
    below += count;
    lower = upper;
  }
  return lower;
}

const ms = (seconds: number): string => `${(seconds * 1_000).toFixed(1)} ms`;

function failures(random: () => number, from: number): readonly DeliveryEvent[] {
  return Array.from({ length: 100 }, (_, n) => ({
    ...{ id: `f${from + n}`, tenant: asTenant('acme'), stream: 'default', messageId: `m${from + n}`, occurredAt: Date.now() },
    recipient: asAddress(`r${Math.floor(random() * 5_000)}@example.com`),
    type: 'deferred',
    smtp: { code: 452, text: '452 4.2.2 Mailbox full' },
  }));
}
