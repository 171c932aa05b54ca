/** What services ask of the database beside the store: which input it belongs to, whether it is there, what is old. */
import { DAY } from '@desist/domain';
import type { Database, Queries } from '@desist/postgres';
import { bindInput as bind } from './statements/bind-input.ts';
import { dropOldAnnouncements } from './statements/drop-old-announcements.ts';
import { dropOldClockMoves } from './statements/drop-old-clock-moves.ts';
import { dropOldHistory } from './statements/drop-old-history.ts';
import { dropOldOutcomes } from './statements/drop-old-outcomes.ts';
import { dropPassedDeadlines } from './statements/drop-passed-deadlines.ts';
import { fenceAll } from './statements/fence-all.ts';
import { findInput } from './statements/find-input.ts';
import { findReplay } from './statements/find-replay.ts';
import type { Replay } from './statements/find-replay.ts';
import { keepRollups } from './statements/keep-rollups.ts';
import { findNow } from './statements/find-now.ts';
import { pagePlacements } from './statements/page-placements.ts';
import { placeRecipients } from './statements/place-recipients.ts';
import { recount } from './statements/recount.ts';

export interface Input {
  readonly topic: string;
  readonly partitions: number;
}

/** Binds the database to an input, once. Answers what it is bound to: the caller compares. */
export async function bindInput(db: Queries, input: Input): Promise<Input> {
  await bind.run(db, input);
  return (await boundInput(db)) as Input;
}

/** What the database is bound to; undefined before the first start. */
export async function boundInput(db: Queries): Promise<Input | undefined> {
  return findInput.first(db, {});
}

/** Rejects when the database does not answer. */
export async function ping(db: Queries): Promise<void> {
  await findNow.run(db, {});
}

/** Whether the server is a standby, and how far it is behind. */
export async function replayOf(db: Queries): Promise<Replay> {
  return (await findReplay.first(db, {})) as Replay;
}

const STEP = 5_000;

/** Deletes published changes that were recorded before `before` (ms), in steps; answers how many. */
export async function pruneHistory(db: Queries, before: number): Promise<number> {
  let deleted = (await dropOldAnnouncements.first(db, { before }))?.dropped ?? 0;
  for (;;) {
    const dropped = (await dropOldHistory.first(db, { before, limit: STEP }))?.dropped ?? 0;
    deleted += dropped;
    if (dropped < STEP) return deleted;
  }
}

/** Deletes the moments before `before` (ms) at which the present moved a clock, in steps; answers how many. */
export async function pruneClockMoves(db: Queries, before: number): Promise<number> {
  return inSteps((limit) => dropOldClockMoves.run(db, { before, limit }));
}

/**
 * Partitions of the roll-ups for the months ahead, none for those whose retention is over; and no counters of deadlines long passed. `present`:
 * ms. False: this time it was not possible, and may be the next time.
 */
export async function keepRollupPartitions(db: Queries, present: number): Promise<boolean> {
  await dropPassedDeadlines.run(db, { before: present - 2 * DAY });
  const kept = await keepRollups.first(db, { present });
  return kept !== undefined && kept.done >= 0;
}

/** Deletes outcomes of commands that were expected before `before` (ms), in steps; answers how many. */
export async function pruneOutcomes(db: Queries, before: number): Promise<number> {
  return inSteps((limit) => dropOldOutcomes.run(db, { before, limit }));
}

async function inSteps(step: (limit: number) => Promise<readonly unknown[]>): Promise<number> {
  for (let deleted = 0; ;) {
    const { length } = await step(STEP);
    deleted += length;
    if (length < STEP) return deleted;
  }
}

/**
 * Gives each recipient to the partition that `partitionOf` names, in one transaction; answers how many were in another one. All partitions
 * lose their owner: an engine that runs claims them anew.
 */
export async function placeAll(db: Database, partitionOf: (tenant: string, address: string) => number): Promise<number> {
  return db.transaction(async (tx) => {
    await fenceAll.run(tx, {});
    let moved = 0;
    for (let after = 0; ;) {
      const page = await pagePlacements.run(tx, { after, limit: STEP });
      const rows = page.flatMap(({ id, tenant, address, partition }) => {
        const right = partitionOf(tenant, address);
        return right === partition ? [] : [{ id, partition: right }];
      });
      if (rows.length > 0) await placeRecipients.run(tx, { rows });
      moved += rows.length;
      const last = page.at(-1);
      if (last === undefined) break;
      after = last.id;
    }
    if (moved > 0) for (const statement of recount) await statement.run(tx, {});
    return moved;
  });
}
