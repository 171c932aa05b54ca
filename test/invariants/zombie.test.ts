/**
 * An engine is stopped past its session while a commit of it is on its way, another one takes over, the commit arrives, the
 * first engine goes on: its commit is refused, every time. Live traffic.
 */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { asTenant, asAddress } from '@desist/domain';
import { until } from '../integration/kafka/support.ts';
import type { SharedBroker } from '../integration/kafka/shared-broker.ts';
import { sharedBroker } from '../integration/kafka/shared-broker.ts';
import type { EngineProcess } from '../support/load/engine-process.ts';
import type { Planted } from '../support/load/events.ts';
import { randomOf } from '../support/load/events.ts';
import { startGate } from '../support/load/gate.ts';
import type { Gate } from '../support/load/gate.ts';
import type { Installation } from '../support/load/installation.ts';
import { install, PARTITIONS } from '../support/load/installation.ts';
import { verify } from '../support/load/verify.ts';

const CYCLES = process.env['DESIST_LONG'] === '1' ? 20 : 5;
const FENCED = 'another owner has the partition';
const SESSION = { KAFKA_SESSION_TIMEOUT: '3s', KAFKA_HEARTBEAT_INTERVAL: '500ms', KAFKA_REBALANCE_TIMEOUT: '6s' };

describe.skipIf(inject('databaseUrl') === undefined)('stopped past its session, and continued', () => {
  let broker: SharedBroker;
  let world: Installation;

  beforeAll(async () => {
    broker = await sharedBroker();
    world = await install(inject('databaseUrl') ?? '', broker.brokers, 'LogAppendTime');
  });
  afterAll(async () => {
    await world.close();
  });

  /** Partitions whose checkpoint names this process as owner. */
  async function owned({ pid }: EngineProcess): Promise<number> {
    return (await world.db.query('select 1 from desist.checkpoint where owner like $1', [`%/${pid}/%`])).length;
  }

  it(
    `${CYCLES} times: the zombie's commit is refused, and the state equals the oracle`,
    async () => {
      const random = randomOf(7);
      const planted: Planted[] = [];
      let producing = true;
      const producer = (async () => {
        while (producing) {
          const batch = liveTraffic(planted.length, random);
          planted.push(...batch);
          await world.fill(batch);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
      const gates: Gate[] = [];
      const gated = async (): Promise<{ engine: EngineProcess; gate: Gate }> => {
        const gate = await startGate(world.databaseUrl);
        gates.push(gate);
        return { engine: world.engine(SESSION, gate.url), gate };
      };
      let now = await gated();
      await until(() => now.engine.said('partition claimed').length >= PARTITIONS, 'the first engine has all partitions');
      for (let cycle = 0; cycle < CYCLES; cycle += 1) {
        const { engine: zombie, gate } = now;
        const next = await gated();
        const heir = next.engine;
        await until(async () => (await owned(heir)) > 0 && (await owned(zombie)) > 0, 'both have partitions');
        const joinedBefore = zombie.said('joined the group').length;
        await gate.hold();
        zombie.signal('SIGSTOP');
        await until(async () => (await owned(heir)) === PARTITIONS, 'the heir has taken over');
        gate.release();
        zombie.signal('SIGCONT');
        await until(() => gate.refused() > 0, "the zombie's commit is refused");
        refused += gate.refused();
        // It goes on as a member of the group.
        await until(() => zombie.said('joined the group').length > joinedBefore, 'the zombie is a member again');
        await until(async () => (await owned(heir)) > 0 && (await owned(zombie)) > 0, 'both have partitions again');
        expect(zombie.said(FENCED).length, 'the zombie knows').toBeGreaterThan(0);
        zombie.signal('SIGTERM');
        expect(await zombie.ended(), zombie.lastWords()).toBe(0);
        now = next;
      }
      const { engine: zombie } = now;
      producing = false;
      await producer;
      await world.settled();
      zombie.signal('SIGTERM');
      expect(await zombie.ended(), zombie.lastWords()).toBe(0);
      const verified = await verify(world, planted);
      expect(verified.suppressions).toBeGreaterThan(20);
      expect(refused, 'commits that were refused').toBeGreaterThanOrEqual(CYCLES);
      for (const gate of gates) await gate.close();
      console.log(
        `${CYCLES} zombies, ${refused} commits refused, ${planted.length} records, ${JSON.stringify(verified)}, 0 lost, 0 doubled`,
      );
    },
    CYCLES * 60_000,
  );
  let refused = 0;
});

/** What happens now: deliveries, deferrals, hard bounces, complaints. */
function liveTraffic(from: number, random: () => number): Planted[] {
  const now = Date.now();
  return Array.from({ length: 100 }, (_, index) => {
    const n = from + index;
    const kind = random();
    const who = kind < 0.8 ? `reader${Math.floor(random() * 5_000)}` : `r${Math.floor(random() * 2_000)}`;
    const common = {
      tenant: asTenant('acme'),
      recipient: asAddress(`${who}@example.com`),
      stream: 'default',
      id: `live-${n}`,
      occurredAt: now,
      messageId: `m-${n}`,
    };
    const full = { code: 452, text: '452 4.2.2 Mailbox full' };
    const unknown = { code: 550, text: '550 5.1.1 User unknown' };
    if (kind < 0.8) return { event: { ...common, type: 'delivered' as const }, recordTime: now };
    if (kind < 0.97) return { event: { ...common, type: 'deferred' as const, smtp: full }, recordTime: now };
    if (kind < 0.99) return { event: { ...common, type: 'bounced' as const, smtp: unknown }, recordTime: now };
    return { event: { ...common, type: 'complained' as const }, recordTime: now };
  });
}
