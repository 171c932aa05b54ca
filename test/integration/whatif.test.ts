/** `desist whatif` over the log itself: a Kafka topic, the journal on a Postgres server, and that of a data folder. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeEvent } from '@desist/formats/event';
import { connectKafka } from '@desist/log-kafka';
import { openJournal } from '@desist/log-postgres';
import type { LogSink } from '@desist/pipeline';
import { openEmbedded } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desist, startService } from '../e2e/desist.ts';
import type { Variables } from '../e2e/desist.ts';
import { madeWorld } from '../support/made-world.ts';
import { migratedFolder, migratedServer } from '../support/servers/template.ts';
import { startBroker } from './kafka/broker.ts';
import { freshOptions, silent, until } from './kafka/support.ts';

const PARTITIONS = 3;
/** The first weeks of a history: enough for the policies to differ. */
const records = madeWorld({ seed: 7, size: 1 })
  .events.slice(0, 2_500)
  .map((event) => encodeEvent(event));
const hasty = join(tmpdir(), `desist-hasty-${process.pid}.yaml`);
const file = join(tmpdir(), `desist-events-${process.pid}.ndjson`);
const time = { now: () => Date.now(), monotonic: () => performance.now(), sleep: async () => undefined, yield: async () => undefined };

interface Summary {
  readonly events: number;
  readonly compared: { readonly onlyB: number };
  readonly b: { readonly suppressed: number };
}
interface Job {
  readonly id: string;
  readonly state: string;
  readonly result: Summary & { readonly text: readonly string[] };
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

  it('as a job of the service that has the data folder, beside its engine', async () => {
    const { path, remove } = await migratedFolder();
    const db = await openEmbedded({ folder: path });
    await fillJournal(db);
    await db.close();
    const service = await startService({ DESIST_DATA: path });
    const ask = async (address: string, body?: object): Promise<Job> => {
      const answer = await fetch(`${service.url}${address}`, {
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      return (await answer.json()) as Job;
    };
    const { id, state } = await ask('/v1/whatif', { policy: await readFile(hasty, 'utf8') });
    expect(state).toBe('waiting');
    const done = await until(
      async () => {
        const job = await ask(`/v1/whatif/${id}`);
        return job.state === 'waiting' || job.state === 'running' ? null : job;
      },
      'the job is over',
      150_000,
    );
    expect(done).toMatchObject({ state: 'done', problem: null, records: records.length, total: records.length });
    same(done.result);
    expect(done.result.text.join(' ')).toMatch(/B would have suppressed \d+ more addresses than A/);
    // It names nobody.
    expect(JSON.stringify(done)).not.toContain('@');
    const acts = (await ask('/v1/audit')) as unknown as { readonly items: readonly { readonly action: string; readonly target: string }[] };
    expect(acts.items.filter(({ target }) => target === id).map(({ action }) => action)).toEqual(['whatif_finished', 'whatif_started']);
    expect(await service.stop()).toBe(0);
    await remove();
  });
});
