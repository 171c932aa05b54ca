/** The embedded database: PGlite in a folder, behind Kysely's dialect. It has one connection, and everybody waits for it. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '@desist/pipeline';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import type { PGlite as KyselyPGlite, PGliteTransaction } from 'kysely';
import { inTransaction, queriesOf } from './database.ts';
import type { Database, Row } from './database.ts';
import { lockFolder } from './folder-lock.ts';
import type { Schema } from './schema.ts';
import { serveSql } from './socket.ts';
import { PARSERS } from './values.ts';

/** Opens (or makes) a database in a folder. It survives a killed process, not a power cut: PGlite calls no fsync. */
export async function openEmbedded(options: { readonly folder: string }): Promise<Database> {
  makeFolder(options.folder);
  const unlock = lockFolder(options.folder);
  try {
    const lite = await PGlite.create({ dataDir: join(options.folder, 'postgres'), parsers: { ...PARSERS } });
    return databaseOn(lite, async () => {
      await lite.close();
      unlock();
    });
  } catch (error) {
    unlock();
    throw error;
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'is a file, or below one' : `cannot be written (${code ?? String(error)})`;
    throw new StoreError(
      'incompatible',
      `${folder} ${why}: give another folder with --data or DESIST_DATA, or a server with DATABASE_URL`,
      {
        cause: error,
      },
    );
  }
}

/** A database that is nowhere but in memory, for tests and tools. */
export async function openInMemory(): Promise<Database> {
  const lite = await PGlite.create({ parsers: { ...PARSERS } });
  return databaseOn(lite, () => lite.close());
}

/**
 * The session belongs to the owner of the database, so whoever can change a setting becomes that owner again. No text can hide it: a reader may
 * neither call the function that changes settings nor write programs.
 */
const READERS_STAY_READERS = `revoke execute on function pg_catalog.set_config(text, text, boolean) from public;
  revoke usage on language plpgsql from public`;

function databaseOn(lite: PGlite, close: () => Promise<void>): Database {
  const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite: guard(lite) }) });
  const queries = queriesOf(db);
  let closing = false;
  const open = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closing) throw new StoreError('unavailable', 'the embedded database is closed');
    return work();
  };
  return {
    kind: 'embedded',
    query: (text, values) => open(() => queries.query(text, values)),
    transaction: (work) => open(() => inTransaction(db, work)),
    tables: () => db.introspection.getTables(),
    async script(text) {
      await lite.exec(text);
    },
    migration: (work) =>
      lite.transaction((tx) =>
        work({
          query: async (text, values) => (await tx.query<Row>(text, values as unknown[])).rows,
          script: async (text) => void (await tx.exec(text)),
        }),
      ),
    async serveSql(port) {
      await lite.exec(READERS_STAY_READERS);
      return serveSql(port, (messages) =>
        // The transaction's lock keeps everybody else out until it is rolled back.
        lite.transaction(async (tx) => {
          await tx.exec('set transaction read only; set local role desist_reader');
          const frames = await lite.runExclusive(() => lite.execProtocolRaw(messages));
          await tx.rollback();
          return frames;
        }),
      );
    },
    async close() {
      closing = true;
      // What was asked for before this waits in Kysely's queue, which PGlite does not know.
      await db.connection().execute(async () => undefined);
      await close();
    },
  };
}

/** Kysely's driver waits for a transaction to begin, and gets no error when it cannot: here the first query of the transaction gets it. */
export function guard(lite: KyselyPGlite): KyselyPGlite {
  return {
    close: () => lite.close(),
    get closed() {
      return lite.closed;
    },
    get ready() {
      return lite.ready;
    },
    waitReady: lite.waitReady,
    query: (text, values, options) => lite.query(text, values, options),
    async transaction(work) {
      let begun = false;
      try {
        return await lite.transaction((tx) => {
          begun = true;
          return work(tx);
        });
      } catch (error) {
        if (!begun) await work(refusing(error));
        throw error;
      }
    },
  };
}

function refusing(error: unknown): PGliteTransaction {
  return { query: async () => Promise.reject(error as Error), rollback: async () => undefined };
}
