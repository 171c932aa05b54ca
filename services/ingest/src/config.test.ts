import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ingestConfig } from './config.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desist-config-'));
  await mkdir(join(folder, 'Maildir', 'new'), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SERVERS = { DATABASE_URL: 'postgres://localhost/desist', KAFKA_BROKERS: 'localhost:9092' };

async function sources(text: string): Promise<string> {
  const path = join(folder, `sources-${Math.random()}.yaml`);
  await writeFile(path, text);
  return path;
}

describe('desist ingest, the service', () => {
  test('reads the sources file with its secrets', async () => {
    const secret = join(folder, 'secret');
    await writeFile(secret, 'token-of-brevo\n');
    const DESIST_SOURCES = await sources(`sources:
  brevo: { format: brevo, webhook: { check: bearer, secrets: 'file:${secret}' } }
  mg: { format: mailgun, webhook: { check: mailgun, secrets: [env:MAILGUN_KEY] } }
  kumo: { format: kumomta, topic: kumo-log }
`);
    const config = ingestConfig([], { ...SERVERS, DESIST_SOURCES, MAILGUN_KEY: 'a-signing-key' });
    expect(config?.mode).toBe('service');
    const { webhooks, topics } = config!.options.settings.sources;
    expect(webhooks.map(({ name, byHeaders }) => [name, byHeaders])).toEqual([
      ['brevo', true],
      ['mg', false],
    ]);
    expect(topics.map(({ topic, source }) => [topic, source.name])).toEqual([['kumo-log', 'kumo']]);
    const [brevo] = webhooks;
    const request = (token: string) => ({ headers: { authorization: `Bearer ${token}` }, body: new Uint8Array() });
    expect(await brevo!.check(request('token-of-brevo'), 0)).toMatchObject({ kind: 'genuine' });
    expect(await brevo!.check(request('token-of-brevo\n'), 0)).toMatchObject({ kind: 'refused' });
  });

  test('reports every mistake at once, in settings and file, without any secret', async () => {
    const DESIST_SOURCES = await sources(`sources:
  a: { format: brevo, webhook: { check: bearer, secrets: env:NOT_SET } }
  b: { format: brevo, webhook: { check: bearer, secrets: env:SHORT } }
  c: { format: sendgrid, webhook: { check: sendgrid, secrets: env:LONG_ENOUGH } }
  d: { format: resend, webhook: { check: svix, secrets: file:/nowhere/secret } }
  e: { format: brevo, webhook: { check: basic, secrets: env:LONG_ENOUGH } }
  f: { format: ses, topic: ses-events, header: 'a,b' }
`);
    const run = () =>
      ingestConfig([], {
        DATABASE_URL: 'postgres://localhost/desist',
        DESIST_SOURCES,
        SHORT: 'abc',
        LONG_ENOUGH: 'hunter2-hunter2',
        DESIST_HTTP: 'nowhere',
      });
    expect(run).toThrow(/8 mistakes/);
    for (const wanted of [
      /NOT_SET: is not set/,
      /sources\.b\.webhook\.secrets: must have at least 8 characters/,
      /sources\.c\.webhook\.secrets: must be the verification key/,
      /\/nowhere\/secret: cannot be read \(ENOENT\)/,
      /sources\.e\.webhook\.secrets: must be user:password/,
      /sources\.f\.header: ses has no header line/,
      /sources\.f\.topic: needs KAFKA_BROKERS/,
      /DESIST_HTTP: must be/,
    ]) {
      expect(run).toThrow(wanted);
    }
    expect(run).not.toThrow(/hunter2/);
  });

  test("refuses one of Desist's own topics as a provider topic, because it would be read again for ever", async () => {
    const DESIST_SOURCES = await sources('sources: { a: { format: canonical, topic: delivery-events } }');
    expect(() => ingestConfig([], { ...SERVERS, DESIST_SOURCES })).toThrow(/sources\.a\.topic: delivery-events is a topic of Desist's own/);
  });

  test('reports the lines of an invalid file', async () => {
    const DESIST_SOURCES = await sources('sources:\n  a: { format: sess, topic: t }\n');
    expect(() => ingestConfig([], { ...SERVERS, DESIST_SOURCES })).toThrow(
      /sources-.*\.yaml:2:16: sources\.a\.format: is not known \(did you mean ses\?\)/,
    );
    expect(() => ingestConfig([], { ...SERVERS, DESIST_SOURCES: '/nowhere.yaml' })).toThrow(
      /DESIST_SOURCES: \/nowhere.yaml cannot be read/,
    );
  });
});

describe('desist ingest, the agents', () => {
  test('follows a log', () => {
    const config = ingestConfig(['--follow', '/var/log/mail.log', '--format', 'postfix', '--timezone', 'UTC', '--tenant', 'acme'], {
      DESIST_URL: 'http://desist:8425',
    });
    expect(config).toMatchObject({
      mode: 'agent',
      options: { kind: 'follow', source: 'postfix', tenant: 'acme', url: 'http://desist:8425', once: false, from: 'start' },
    });
    expect(config!.options.settings.kafka).toBeNull();
  });

  test('needs no database when writing to Kafka; the sources file is not read', () => {
    const config = ingestConfig(['--follow', '/var/log/mail.log', '--format', 'exim'], {
      KAFKA_BROKERS: 'kafka:9092',
      DESIST_SOURCES: '/nowhere',
    });
    expect(config!.options.settings.kafka?.brokers).toEqual(['kafka:9092']);
  });

  test('reads a mailbox', () => {
    const config = ingestConfig(['--maildir', join(folder, 'Maildir')], {});
    expect(config).toMatchObject({ mode: 'agent', options: { kind: 'maildir', source: 'mailbox', format: { auto: true } } });
  });

  test('reports mistakes', () => {
    const wrong =
      (...args: string[]) =>
      () =>
        ingestConfig(args, {});
    expect(wrong('--follow', 'x')).toThrow('--format: needed with --follow');
    expect(wrong('--follow', 'x', '--format', 'dsn')).toThrow(/--format: must be one of postfix, exim/);
    expect(wrong('--maildir', folder)).toThrow(/is not a Maildir: it has no folder new/);
    expect(wrong('--maildir', join(folder, 'Maildir'), '--format', 'postfix')).toThrow('--format: must be one of auto, dsn, arf');
    expect(wrong('--follow', 'x', '--maildir', 'y', '--format', 'postfix')).toThrow('only one of them');
    expect(wrong('--follow', 'x', '--format', 'postfix', '--tenant', 'a b')).toThrow('--tenant: must be a name');
    expect(wrong('--follow', 'x', '--format', 'postfix', '--from', 'middle')).toThrow('--from: start or end');
    expect(wrong('--follow', '/nowhere/mail.log', '--format', 'postfix', '--once')).toThrow('there is no /nowhere/mail.log');
    expect(wrong('--frob')).toThrow(TypeError);
    expect(ingestConfig(['--help'], {})).toBeUndefined();
  });
});
