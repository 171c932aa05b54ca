import { NOW } from './database.ts';
import type { Database, Queries } from './database.ts';
import { asLogErrors } from './errors.ts';

/** What one look at the leases says. */
export interface Share {
  /** All that this member holds now, those to be given up included. */
  readonly held: readonly number[];
  /** More than its share: let go of them, then `release`. */
  readonly surplus: readonly number[];
}

/** The leases of one member. Rejections are `LogError`. */
export interface Leases {
  /** Renews what is held and takes what is free, up to a fair share. */
  renew(): Promise<Share>;
  release(partitions: readonly number[]): Promise<void>;
  /** Gives back everything and leaves. */
  leave(): Promise<void>;
}

/**
 * Leases in the database, by its clock: several processes share the partitions of the input, and what a dead one held is
 * free after `duration` ms. Two may believe to hold one for a moment; the checkpoint's fence decides between them.
 */
export function createLeases(db: Database, member: string, partitions: number, duration: number): Leases {
  async function renewIn(tx: Queries): Promise<Share> {
    // One at a time: everybody counts the same members and the same free partitions.
    await tx.query("select 1 from desist.journal_topic where topic = 'deliveryEvents' for update");
    const [{ now } = { now: 0 }] = await tx.query(`select ${NOW} as now`);
    const until = Number(now) + duration;
    await tx.query(
      'insert into desist.journal_member (owner, until) values ($1, $2::bigint) on conflict (owner) do update set until = excluded.until',
      [member, until],
    );
    await tx.query('delete from desist.journal_member where until < $1::bigint', [now]);
    await tx.query('delete from desist.journal_lease where (until < $1::bigint and owner <> $2) or partition >= $3', [
      now,
      member,
      partitions,
    ]);
    const members = (await tx.query('select owner from desist.journal_member')).map((row) => String(row['owner']));
    const leases = await tx.query('select partition, owner from desist.journal_lease order by partition');
    const holders = new Map(leases.map((row) => [Number(row['partition']), String(row['owner'])]));
    const mine = [...holders].filter(([, owner]) => owner === member).map(([partition]) => partition);
    const share = shareOf(member, members, [...holders.values()], partitions);
    const free = Array.from({ length: partitions }, (_, partition) => partition).filter((partition) => !holders.has(partition));
    const held = [...mine, ...free.slice(0, Math.max(0, share - mine.length))];
    await tx.query(
      `insert into desist.journal_lease (partition, owner, until)
       select partition, $2, $3::bigint from unnest($1::int[]) as partition
       on conflict (partition) do update set until = excluded.until`,
      [held, member, until],
    );
    return { held, surplus: mine.slice(share) };
  }

  return {
    renew: () => asLogErrors('renewing the leases', () => db.transaction(renewIn)),
    async release(given) {
      await asLogErrors('releasing leases', () =>
        db.query('delete from desist.journal_lease where owner = $1 and partition = any($2::int[])', [member, given]),
      );
    },
    async leave() {
      await asLogErrors('leaving', () =>
        db.transaction(async (tx) => {
          await tx.query("select 1 from desist.journal_topic where topic = 'deliveryEvents' for update");
          await tx.query('delete from desist.journal_lease where owner = $1', [member]);
          await tx.query('delete from desist.journal_member where owner = $1', [member]);
        }),
      );
    },
  };
}

/**
 * How many partitions a member may hold: as many as the others, and one more for some when it does not come out even. Those
 * are the members that hold most, so that as few as possible change hands.
 */
export function shareOf(member: string, members: readonly string[], holders: readonly string[], partitions: number): number {
  const held = new Map(members.map((name) => [name, 0]));
  for (const holder of holders) if (held.has(holder)) held.set(holder, (held.get(holder) ?? 0) + 1);
  const ranked = [...held].sort(([a, most], [b, least]) => least - most || (a < b ? -1 : 1)).map(([name]) => name);
  const even = Math.floor(partitions / ranked.length);
  return even + (ranked.indexOf(member) < partitions % ranked.length ? 1 : 0);
}
