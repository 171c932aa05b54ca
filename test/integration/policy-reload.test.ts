/** Another policy while engines share a topic of Kafka: the one that reads it is killed at once, and all partitions end under it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policiesOf } from '@desist/runtime';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { tenDays } from '../support/load/events.ts';
import { install } from '../support/load/installation.ts';
import type { Installation } from '../support/load/installation.ts';
import { sharedBroker } from './kafka/shared-broker.ts';
import { until } from './kafka/support.ts';

const SLOW = 'deferral: {suppress_after: 10d}\n';
const HASTY = 'deferral: {suppress_after: 24h, soft_bounce_after: 24h, evidence_span: 24h}\n';

describe.skipIf(inject('databaseUrl') === undefined)('engines that share a topic', () => {
  let world: Installation;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'desist-reload-kafka-'));
    world = await install(inject('databaseUrl') ?? '', (await sharedBroker()).brokers, 'CreateTime');
  });
  afterAll(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function count(where: string): Promise<number> {
    const [row] = await world.db.query(`select count(*) as n from desist.recipient where ${where}`);
    return Number(row?.['n']);
  }

  it('end on one version although the one that read it was killed, and events come all the while', async () => {
    const [first, second] = [join(folder, 'first.yaml'), join(folder, 'second.yaml')];
    await Promise.all([first, second].map((file) => writeFile(file, SLOW)));
    const [before, after] = [SLOW, HASTY].map((text) => policiesOf(text).version);
    const planted = tenDays({ seed: 5, end: Date.now() - 3_600_000, failing: 1_200, healthy: 4_000 });
    const half = planted.length / 2;
    await world.fill(planted.slice(0, half));
    const one = world.engine({ DESIST_POLICY: first });
    await one.next('partition claimed');
    const other = world.engine({ DESIST_POLICY: second });
    await other.next('partition claimed');
    await world.settled();
    const failing = await count(`state <> 'healthy' and policy = '${before}'`);
    expect(failing).toBeGreaterThan(100);

    const filling = world.fill(planted.slice(half));
    await writeFile(first, HASTY);
    const heard = one.next('policy in force');
    one.signal('SIGHUP');
    expect(await heard).toMatchObject({ revision: 2, policy: after, by: 'SIGHUP' });
    one.signal('SIGKILL');
    await one.ended();
    await filling;
    await world.settled();
    await until(async () => (await count(`state <> 'healthy' and policy <> '${after}'`)) === 0, 'all are folded again', 60_000);
    expect(await count(`state <> 'healthy' and policy = '${after}'`)).toBeGreaterThan(100);
    const claims = other.said('partition claimed').filter(({ policy }) => policy === after);
    expect(new Set(claims.map(({ partition }) => partition)).size).toBe(4);
    // Its own file is the old one: it says so at the next start, and takes nothing back.
    other.signal('SIGTERM');
    expect(await other.ended(), other.lastWords()).toBe(0);
    const last = world.engine({ DESIST_POLICY: second });
    expect(await last.next('policy in force')).toMatchObject({ revision: 2, policy: after });
    last.signal('SIGTERM');
    expect(await last.ended(), last.lastWords()).toBe(0);
  }, 240_000);
});
