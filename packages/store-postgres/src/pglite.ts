import { join } from 'node:path';
import { PGlite, types } from '@electric-sql/pglite';
import type { Transaction } from '@electric-sql/pglite';
import { StoreError } from '@desist/pipeline';
import type { Database, Queryable, Row } from './database.ts';
import { commitError, statementError } from './errors.ts';
import { lockFolder } from './folder-lock.ts';

export interface PgliteOptions {
  /** Folder for lock and data, made if missing. `memory://`: nothing is kept. */
  readonly dataDir: string;
  /** Told when another process took the folder, after this one stood still for long; the database is closed then. */
  readonly onLost?: () => void;
}

/**
 * Opens the embedded database, alone: takes the folder's lock first. Survives a killed process, not a power cut (PGlite
 * does not call fsync). One connection: statements and transactions wait for each other.
 * Throws `FolderLockedError` when another process has the folder.
 */
export async function openPglite({ dataDir, onLost }: PgliteOptions): Promise<Database> {
  const inMemory = dataDir.startsWith('memory://');
  let engine: PGlite | undefined;
  let lost = false;
  const lock = inMemory
    ? undefined
    : await lockFolder(dataDir, () => {
        lost = true;
        void engine?.close().catch(() => undefined);
        onLost?.();
      });
  try {
    // Neither statement_timeout nor idle_in_transaction_session_timeout: the one does nothing, the other freezes Node.
    engine = await PGlite.create({
      dataDir: inMemory ? dataDir : join(dataDir, 'postgres'),
      parsers: { [types.INT8]: Number },
    });
  } catch (error) {
    await lock?.release();
    throw new StoreError('unavailable', `the embedded database in ${dataDir} does not open: ${String(error)}`, { cause: error });
  }
  const db = engine;
  let closing: Promise<void> | undefined;

  function mustBeOpen(): void {
    if (lost) throw new StoreError('unavailable', `the data folder ${dataDir} was taken over by another process`);
    if (db.closed || closing !== undefined) throw new StoreError('unavailable', 'the embedded database is closed');
  }

  return {
    kind: 'pglite',
    async query(text, values) {
      mustBeOpen();
      return queryableOf(db).query(text, values);
    },
    async script(text) {
      mustBeOpen();
      return queryableOf(db).script(text);
    },
    async transaction(work) {
      mustBeOpen();
      return await inTransaction(db, work);
    },
    close() {
      return (closing ??= (async () => {
        if (!db.closed) await db.close();
        await lock?.release();
      })());
    },
  };
}

async function inTransaction<T>(db: PGlite, work: (tx: Queryable) => Promise<T>): Promise<T> {
  let step: 'begin' | 'work' | 'commit' = 'begin';
  try {
    return await db.transaction(async (tx) => {
      step = 'work';
      const result = await work(queryableOf(tx));
      step = 'commit';
      return result;
    });
  } catch (error) {
    const at = step as 'begin' | 'work' | 'commit';
    if (at === 'work') throw error;
    throw at === 'begin' ? statementError(error) : commitError(error);
  }
}

function queryableOf(target: PGlite | Transaction): Queryable {
  return {
    async query<R = Row>(text: string, values?: readonly unknown[]) {
      try {
        const result = await target.query<R>(text, values as unknown[] | undefined);
        return result.rows;
      } catch (error) {
        throw statementError(error);
      }
    },
    async script(text) {
      try {
        await target.exec(text);
      } catch (error) {
        throw statementError(error);
      }
    },
  };
}
