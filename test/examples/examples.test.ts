/** Each example runs as its README says, and ends with what it promises. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startBroker } from '../integration/kafka/broker.ts';
import type { Broker } from '../integration/kafka/broker.ts';
import { createDatabase } from '../support/servers/postgres.ts';
import type { TestDatabase } from '../support/servers/postgres.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

async function example(name: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const child = spawn('npm', ['run', '--silent', 'example', name], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  expect(code, said).toBe(0);
  return said;
}

/** What `desist check --json` printed. */
interface Answer {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
}

const answers = (said: string): Readonly<Record<string, Answer>> =>
  Object.fromEntries(
    said
      .split('\n')
      .filter((line) => line.startsWith('{"recipient"'))
      .map((line) => JSON.parse(line) as { recipient: string; allowed: boolean; reasons: readonly string[] })
      .map(({ recipient, allowed, reasons }): [string, Answer] => [recipient.replace(/@.*/, ''), { allowed, reasons }]),
  );
const no = (reason: string) => ({ allowed: false, reasons: [reason] });
const yes = { allowed: true, reasons: [] };

describe('examples, embedded', () => {
  it('sendgrid-webhook: accepts a hard bounce and a complaint, not a block, not a forgery', async () => {
    const said = await example('sendgrid-webhook');
    expect(said).toMatch(/POST 4 events: 200 \{"accepted":3,"ignored":1,"deadLetters":0\}/);
    expect(said).toMatch(/POST 1 events: 503 .*"reason":"forged".*"meant":403/);
    expect(answers(said)).toEqual({ gone: no('hard_bounce'), angry: no('complaint'), alice: yes });
  });

  it("ses-sns: confirms the subscription, accepts a bounce and a complaint, not Amazon's own refusal, nothing of another topic", async () => {
    const said = await example('ses-sns');
    expect(said).toMatch(/SubscriptionConfirmation: 200/);
    expect(said).toMatch(/Notification: 503 .*"reason":"unknown_topic".*"meant":403/);
    expect(answers(said)).toEqual({ gone: no('hard_bounce'), angry: no('complaint'), listed: yes });
  });

  it('webhook-receiver: a subscriber holds the list', async () => {
    const said = await example('webhook-receiver');
    expect(said).toMatch(/taken: it answered 204/);
    expect(said).toContain('the receiver holds: default/angry@example.com suppressed, default/gone@example.com may be sent to');
    expect(said).toMatch(/4 requests/);
  });

  it('postfix-log: reads across a rotation; an expired mail has the cause of its last deferral', async () => {
    const said = await example('postfix-log');
    expect(said).toContain('{"type":"summary","lines":17,"events":16,"ignored":1,"deadLetters":0}');
    expect(said).toContain('{"type":"summary","lines":3,"events":3,"ignored":0,"deadLetters":0}');
    expect(said).toMatch(/counts +expired/);
    expect(answers(said)).toEqual({ full: no('persistent_deferral'), gone: no('hard_bounce'), slow: yes, alice: yes });
  });
});

describe.skipIf(inject('databaseUrl') === undefined)('examples, on real servers', () => {
  let broker: Broker;
  let database: TestDatabase;
  beforeAll(async () => {
    broker = await startBroker();
    database = await createDatabase(inject('databaseUrl')!);
  });
  afterAll(async () => {
    await broker.stop();
    await database.drop();
  });

  it('kumomta-kafka: records without keys reach their recipients', async () => {
    const said = await example('kumomta-kafka', { KAFKA_BROKERS: broker.brokers.join(','), DATABASE_URL: database.url });
    expect(answers(said)).toEqual({ full: no('persistent_deferral'), gone: no('hard_bounce'), alice: yes });
  });
});
