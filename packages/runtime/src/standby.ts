/** A read-only service on a standby: it says so, says how far behind it is, and tries nothing that writes. */
import { StoreError } from '@desist/pipeline';
import type { AuditTrail, KeyStore } from '@desist/pipeline';
import { replayOf } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { repeat } from './every.ts';
import type { Background } from './every.ts';

const EVERY = 2_000;
/** ms from which being behind is a problem. */
const BEHIND = 10_000;

export interface Standby {
  /** Asks the server. */
  look(): Promise<void>;
  /** For `/readyz`. */
  problems(): readonly string[];
  /** Seconds; null: the server is no standby, or has replayed nothing yet. */
  behind(): number | null;
  keys(store: KeyStore): KeyStore;
  trail(trail: AuditTrail): AuditTrail;
}

export function watchStandby({ db, ...background }: Background & { readonly db: Database }): Standby {
  const { logger } = background;
  let standby = false;
  let behind: number | null = null;
  let isLate = false;

  async function look(): Promise<void> {
    const before = standby;
    const replay = await replayOf(db);
    ({ standby, behind } = replay);
    if (standby !== before)
      logger.info({ standby }, standby ? 'the database is a standby: this service only reads' : 'the database is no standby');
    const late = behind !== null && behind > BEHIND;
    if (late && !isLate)
      logger.warn({ seconds: secondsOf(behind) }, 'the database is a standby that is behind: answers are of a moment that long ago');
    if (!late && isLate) logger.info({}, 'the standby has caught up');
    isLate = late;
  }

  const again = async (): Promise<void> => {
    try {
      await look();
    } catch (error) {
      // While the database is away, its health says so.
      if (!(error instanceof StoreError)) throw error;
    }
  };
  repeat(EVERY, again, 'the database did not say how far it is behind', background);

  return {
    look,
    problems: () =>
      isLate
        ? [`the database is a standby that is ${String(secondsOf(behind))} s behind its primary: answers are of that moment (\`asOf\`)`]
        : [],
    behind: () => secondsOf(behind),
    keys: (store) => ({
      ...store,
      // When a key was last used is noted by the services on the primary only.
      noteKeyUse: async (uses) => (standby ? undefined : store.noteKeyUse(uses)),
    }),
    trail: (trail) => ({
      ...trail,
      note: async (entries) => {
        if (standby)
          throw new StoreError('unavailable', 'the database is a standby, where nothing is written: ask a service on the primary');
        return trail.note(entries);
      },
    }),
  };
}

function secondsOf(ms: number | null): number | null {
  return ms === null ? null : Math.max(0, Math.round(ms / 1_000));
}
