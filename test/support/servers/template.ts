/**
 * Databases with the schema of this version, copied from one that was migrated once for the whole run: the migrations take a second or two
 * each time, a copy a small part of that.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openEmbedded, openServer } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { inject } from 'vitest';
import { createDatabase } from './postgres.ts';

export interface Template {
  /** Name of the database on the server; undefined: there is no server. */
  readonly database: string | undefined;
  /** Of the embedded database. */
  readonly folder: string;
}

/** For the setup of the run. */
export async function makeTemplate(adminUrl: string | undefined): Promise<{ readonly template: Template; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'desist-template-'));
  const embedded = await openEmbedded({ folder });
  await migrate(embedded);
  await embedded.close();
  const made = adminUrl === undefined ? undefined : await createDatabase(adminUrl);
  if (made !== undefined) {
    const db = openServer({ url: made.url, connections: 1, applicationName: 'desist-tests', onIdleError: () => undefined });
    await migrate(db);
    await db.close();
  }
  return {
    template: { database: made === undefined ? undefined : new URL(made.url).pathname.slice(1), folder },
    async remove() {
      await made?.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface OpenDatabase {
  readonly db: Database;
  /** Nothing of it is left. */
  close(): Promise<void>;
}

/** On the server of the run. */
export async function migratedServer(): Promise<OpenDatabase & { readonly url: string }> {
  const { url, drop } = await createDatabase(inject('databaseUrl') ?? '', inject('template').database);
  const db = openServer({ url, applicationName: 'desist-tests', onIdleError: () => undefined });
  return { db, url, close: () => db.close().then(drop) };
}

/** Of an embedded database. */
export async function migratedFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'desist-embedded-'));
  await cp(inject('template').folder, path, { recursive: true });
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** An embedded database of its own. */
export async function migratedEmbedded(): Promise<OpenDatabase> {
  const { path, remove } = await migratedFolder();
  const db = await openEmbedded({ folder: path });
  return { db, close: () => db.close().then(remove) };
}
