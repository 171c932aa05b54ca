/** `desist whatif` over the log itself: a Kafka topic, the journal on a Postgres server, and that of a data folder. */
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeEvent } from '@desist/formats/event';
import { connectKafka } from '@desist/log-kafka';
import { openJournal } from '@desist/log-postgres';
import type { LogSink } from '@desist/pipeline';
import { openEmbedded } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desist } from '../e2e/desist.ts';
import type { Variables } from '../e2e/desist.ts';
import { madeWorld } from '../support/made-world.ts';
import { migratedFolder, migratedServer } from '../support/servers/template.ts';
import { startBroker } from './kafka/broker.ts';
import { freshOptions, silent } from './kafka/support.ts';

const PARTITIONS = 3;
const { events } = madeWorld({ seed: 7, size: 1 });
const records = events.map((event) => encodeEvent(event));
const hasty = join(tmpdir(), `desist-hasty-${process.pid}.yaml`);
const file = join(tmpdir(), `desist-events-${process.pid}.ndjson`);
const time = { now: () => Date.now(), monotonic: () => performance.now(), sleep: async () => undefined };

interface Summary {
  readonly events: number;
  readonly compared: { readonly onlyB: number };
  readonly b: { readonly suppressed: number };
}
let ofFile: Summary;

async function whatIf(env: Variables, ...files: readonly string[]): Promise<Summary> {
  const { code, out, err } = await desist(['whatif', '--policy', hasty, '--json', ...files], env);
  expect([code, err]).toEqual([0, expect.anything()]);
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Summary;
}

async function fill(log: Pick<LogSink, 'append'>): Promise<void> {
  for (let i = 0; i < records.length; i += 2_000) await log.append('deliveryEvents', records.slice(i, i + 2_000));
}

async function fillJournal(db: Database): Promise<void> {
  const journal = openJournal({ db, owner: 'test', partitions: PARTITIONS, logger: silent, time });
  await journal.ensure();
  await fill(journal);
  await journal.close();
}

beforeAll(async () => {
  await writeFile(hasty, 'deferral: {suppress_after: 24h, soft_bounce_after: 24h, evidence_span: 24h}\n');
  await writeFile(file, records.map(({ value }) => `${value}\n`).join(''));
  ofFile = await whatIf({}, file);
  expect(ofFile.compared.onlyB).toBeGreaterThan(0);
});
afterAll(async () => {
  await rm(hasty, { force: true });
  await rm(file, { force: true });
});

describe('what-if over the log comes to what it comes to over a file of the same events', () => {
  const same = (summary: Summary): void =>
    expect([summary.events, summary.b.suppressed, summary.compared.onlyB]).toEqual([
      ofFile.events,
      ofFile.b.suppressed,
      ofFile.compared.onlyB,
    ]);

  it('from a Kafka topic, without a database', async () => {
    const broker = await startBroker();
    const options = freshOptions(broker.brokers);
    const log = connectKafka(options);
    await log.ensureTopics({ partitions: PARTITIONS });
    await fill(log);
    await log.close();
    const { deliveryEvents } = options.topics;
    same(await whatIf({ KAFKA_BROKERS: options.brokers.join(','), DESIST_TOPIC_DELIVERY_EVENTS: deliveryEvents }));
    await broker.stop();
  });

  it('from the journal on a Postgres server', async () => {
    const { db, url, close } = await migratedServer();
    await fillJournal(db);
    same(await whatIf({ DATABASE_URL: url }));
    await close();
  });

  it('from the journal of a data folder; while another process has it, it says who', async () => {
    const { path, remove } = await migratedFolder();
    const db = await openEmbedded({ folder: path });
    await fillJournal(db);
    const refused = await desist(['whatif', '--policy', hasty], { DESIST_DATA: path });
    expect([refused.code, refused.err]).toEqual([3, expect.stringContaining(String(process.pid))]);
    await db.close();
    same(await whatIf({ DESIST_DATA: path }));
    await remove();
  });
});
