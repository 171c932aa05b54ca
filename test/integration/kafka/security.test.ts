/** TLS and passwords, with the settings that an operator gives, against a broker that demands both. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { desist } from '../../e2e/desist.ts';
import { createDatabase } from '../../support/servers/postgres.ts';
import type { TestDatabase } from '../../support/servers/postgres.ts';
import type { Broker, SecureDoor } from './broker.ts';
import { startBroker } from './broker.ts';

describe.skipIf(inject('databaseUrl') === undefined)('a broker with TLS and SASL', () => {
  let broker: Broker;
  let door: SecureDoor;
  let folder: string;
  let database: TestDatabase;

  beforeAll(async () => {
    broker = await startBroker({ secure: true });
    door = broker.secure as SecureDoor;
    folder = mkdtempSync(join(tmpdir(), 'desist-tls-'));
    writeFileSync(join(folder, 'ca.pem'), door.ca);
    writeFileSync(join(folder, 'password'), `${door.password}\n`);
    database = await createDatabase(inject('databaseUrl') ?? '');
  });
  afterAll(async () => {
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
    await broker.stop();
  });

  const settings = (more: Record<string, string> = {}): Record<string, string> => ({
    DATABASE_URL: database.url,
    KAFKA_BROKERS: door.brokers.join(','),
    KAFKA_SSL_CA: join(folder, 'ca.pem'),
    KAFKA_SASL_USERNAME: door.username,
    KAFKA_SASL_PASSWORD_FILE: join(folder, 'password'),
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    ...more,
  });

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'])('%s: makes the topics and finds nothing missing', async (mechanism) => {
    const env = settings({ KAFKA_SASL_MECHANISM: mechanism });
    expect(await desist(['migrate'], env)).toMatchObject({ code: 0 });
    expect(await desist(['migrate', '--check'], env)).toMatchObject({ code: 0 });
  });

  it('a wrong password is reported, without the password', async () => {
    const { KAFKA_SASL_PASSWORD_FILE: _, ...rest } = settings();
    const { code, out, err } = await desist(['migrate'], { ...rest, KAFKA_SASL_PASSWORD: 'not-the-one' });
    expect(code).toBe(3);
    expect(err).toMatch(/credentials|user name or password/);
    expect(`${out}${err}`).not.toContain('not-the-one');
  });

  it('an untrusted certificate is refused', async () => {
    const { KAFKA_SSL_CA: _, ...rest } = settings();
    const { code, err } = await desist(['migrate'], { ...rest, KAFKA_SSL: 'true' });
    expect(code).toBe(3);
    expect(err).toMatch(/self-signed|certificate/i);
  });
});
