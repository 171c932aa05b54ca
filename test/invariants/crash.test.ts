/** The engine is killed at random moments while it works off ten days of events: nothing is lost, nothing is doubled. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policiesOf } from '@desist/runtime';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { SharedBroker } from '../integration/kafka/shared-broker.ts';
import { sharedBroker } from '../integration/kafka/shared-broker.ts';
import { randomOf, tenDays } from '../support/load/events.ts';
import { install } from '../support/load/installation.ts';
import type { Installation } from '../support/load/installation.ts';
import { verify } from '../support/load/verify.ts';

const LONG = process.env['DESIST_LONG'] === '1';
const KILLS = LONG ? 50 : 12;
const SEED = Number(process.env['DESIST_SEED'] ?? 20_261_124);

/** The built-in policy, with a shadow that is quicker: deadlines of its own pass, too. */
const POLICY = 'shadow: quick.yaml\n';
const QUICK = 'deferral: {persistent_after: 12h, soft_bounce_after: 24h, suppress_after: 36h, evidence_span: 12h}\n';

describe.skipIf(inject('databaseUrl') === undefined)('killed with SIGKILL under load', () => {
  let broker: SharedBroker;
  let world: Installation;
  const folder = mkdtempSync(join(tmpdir(), 'desist-crash-'));
  const file = join(folder, 'policy.yaml');

  beforeAll(async () => {
    writeFileSync(file, POLICY);
    writeFileSync(join(folder, 'quick.yaml'), QUICK);
    broker = await sharedBroker();
    world = await install(inject('databaseUrl') ?? '', broker.brokers, 'CreateTime');
  });
  afterAll(async () => {
    await world.close();
    rmSync(folder, { recursive: true });
  });

  it(
    `${KILLS} times: table, compacted topic and changes equal the oracle`,
    async () => {
      const random = randomOf(SEED);
      const planted = tenDays({
        seed: SEED,
        end: Date.now() - 60 * 60_000,
        failing: LONG ? 8_000 : 3_000,
        healthy: LONG ? 400_000 : 120_000,
      });
      await world.fill(planted);
      let kills = 0;
      let midway = 0;
      while (kills < KILLS) {
        const engine = world.engine({ DESIST_POLICY: file, KAFKA_SESSION_TIMEOUT: '2s', KAFKA_HEARTBEAT_INTERVAL: '400ms' });
        await engine.next('partition claimed');
        await new Promise((resolve) => setTimeout(resolve, random() * 400));
        engine.signal('SIGKILL');
        await engine.ended();
        kills += 1;
        if (!(await isFolded(world))) midway += 1;
      }
      const last = world.engine({ DESIST_POLICY: file });
      await world.settled();
      last.signal('SIGTERM');
      expect(await last.ended(), last.lastWords()).toBe(0);
      const verified = await verify(world, planted, { policies: policiesOf(POLICY, file) });
      // A load that was worked off before the kills began would prove nothing.
      expect(midway).toBeGreaterThan(KILLS / 3);
      expect(verified.suppressions).toBeGreaterThan(500);
      expect(verified.regretted).toBeGreaterThan(0);
      expect(verified.shadowed).toBeGreaterThan(verified.suppressions);
      console.log(
        `${kills} kills (${midway} before the end of the load), ${planted.length} records, ${JSON.stringify(verified)}, 0 lost, 0 doubled`,
      );
    },
    LONG ? 900_000 : 300_000,
  );
});

async function isFolded({ db, log }: Installation): Promise<boolean> {
  const rows = await db.query('select partition, next_offset from desist.checkpoint');
  for (let partition = 0; partition < 4; partition += 1) {
    const row = rows.find((one) => one['partition'] === partition);
    if (row === undefined || Number(row['next_offset']) < (await log.bounds(partition)).high) return false;
  }
  return true;
}
