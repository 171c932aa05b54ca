import type { Queries } from '@desist/postgres';
import type { Database } from './database.ts';
import { asLogErrors } from './errors.ts';
import { dropDeadLeases } from './statements/drop-dead-leases.ts';
import { dropDeadMembers } from './statements/drop-dead-members.ts';
import { dropMember } from './statements/drop-member.ts';
import { findJournalTime } from './statements/find-journal-time.ts';
import { listLeases } from './statements/list-leases.ts';
import { listMembers } from './statements/list-members.ts';
import { lockLeases } from './statements/lock-leases.ts';
import { releaseAllLeases } from './statements/release-all-leases.ts';
import { releaseLeases } from './statements/release-leases.ts';
import { renewLeases } from './statements/renew-leases.ts';
import { renewMember } from './statements/renew-member.ts';

/** Result of one renewal. */
export interface Share {
  /** All partitions that this member owns now, including the surplus. */
  readonly held: readonly number[];
  /** Partitions beyond the fair share: revoke them, then call `release`. */
  readonly surplus: readonly number[];
}

/** The leases of one member. Rejections are `LogError`. */
export interface Leases {
  /** Renews this member's leases and acquires free partitions up to its fair share. */
  renew(): Promise<Share>;
  release(partitions: readonly number[]): Promise<void>;
  /** Releases all leases and leaves the group. */
  leave(): Promise<void>;
}

/**
 * Leases in the database, by its clock. Several processes share the input partitions, and the partitions of a dead process become free
 * after `duration` ms. Two processes may briefly both believe that they own a partition; the checkpoint's fence decides between them.
 */
export function createLeases(db: Database, member: string, partitions: number, duration: number): Leases {
  async function renewIn(tx: Queries): Promise<Share> {
    await lockLeases.run(tx, {});
    const now = (await findJournalTime.first(tx, {}))?.now ?? 0;
    const until = now + duration;
    await renewMember.run(tx, { owner: member, until });
    await dropDeadMembers.run(tx, { now });
    await dropDeadLeases.run(tx, { now, owner: member, partitions });
    const members = (await listMembers.run(tx, {})).map(({ owner }) => owner);
    const holders = new Map((await listLeases.run(tx, {})).map(({ partition, owner }) => [partition, owner]));
    const mine = [...holders].filter(([, owner]) => owner === member).map(([partition]) => partition);
    const share = shareOf(member, members, [...holders.values()], partitions);
    const free = Array.from({ length: partitions }, (_, partition) => partition).filter((partition) => !holders.has(partition));
    const held = [...mine, ...free.slice(0, Math.max(0, share - mine.length))];
    await renewLeases.run(tx, { partitions: held, owner: member, until });
    return { held, surplus: mine.slice(share) };
  }

  return {
    renew: () => asLogErrors('renewing the leases', () => db.transaction(renewIn)),
    async release(given) {
      await asLogErrors('releasing leases', () => releaseLeases.run(db, { owner: member, partitions: given }));
    },
    async leave() {
      await asLogErrors('leaving', () =>
        db.transaction(async (tx) => {
          await lockLeases.run(tx, {});
          await releaseAllLeases.run(tx, { owner: member });
          await dropMember.run(tx, { owner: member });
        }),
      );
    },
  };
}

/**
 * The fair share of a member: the number of partitions divided by the number of members. The remainder goes to the members that own the
 * most partitions, so that as few partitions as possible move.
 */
export function shareOf(member: string, members: readonly string[], holders: readonly string[], partitions: number): number {
  const held = new Map(members.map((name) => [name, 0]));
  for (const holder of holders) if (held.has(holder)) held.set(holder, (held.get(holder) ?? 0) + 1);
  const ranked = [...held].sort(([a, most], [b, least]) => least - most || (a < b ? -1 : 1)).map(([name]) => name);
  const even = Math.floor(partitions / ranked.length);
  return even + (ranked.indexOf(member) < partitions % ranked.length ? 1 : 0);
}
