/**
 * How a claim learns that the database went back in time (fail-over to a standby that was behind, a restored back-up).
 *
 * The identity of the database is kept in the database itself, so it goes where a copy goes: if it is not the one that the server tells of
 * itself, this is a copy of an earlier state. The same files put back know nothing of it; there the log does, when it has more than the
 * checkpoint says. Either way the incarnation rises, once, for all partitions.
 */
import { incarnationAfter, incarnationBehind } from '@desist/pipeline';
import type { Published } from '@desist/pipeline';
import type { Queries } from '@desist/postgres';
import { beginIncarnations } from './statements/begin-incarnations.ts';
import { findDatabase } from './statements/find-database.ts';
import { findIncarnation } from './statements/find-incarnation.ts';
import { findSystem } from './statements/find-system.ts';
import { findTimeline } from './statements/find-timeline.ts';
import { raiseIncarnation } from './statements/raise-incarnation.ts';

/** What a user may not read is left out of the identity. Granted later, it makes another identity, and the incarnation rises for nothing. */
async function readIdentity(tx: Queries): Promise<string> {
  const found = await findDatabase.first(tx, {});
  const system = found?.readsSystem === true ? (await findSystem.first(tx, {}))?.system : undefined;
  const timeline = found?.readsTimeline === true ? (await findTimeline.first(tx, {}))?.timeline : undefined;
  return `${system ?? '?'}/${found?.table ?? '?'}/${timeline ?? '?'}`;
}

/**
 * The incarnation of a claim, in the transaction of which the checkpoint is already locked. A first claim notes the identity and raises nothing.
 */
export async function incarnationOf(
  tx: Queries,
  { nextSequence, published }: { readonly nextSequence: number; readonly published: Published | null },
): Promise<number> {
  const identity = await readIdentity(tx);
  for (;;) {
    const known = await findIncarnation.first(tx, {});
    if (known === undefined) {
      await beginIncarnations.run(tx, { identity });
      continue;
    }
    const { incarnation, identity: was, now } = known;
    const isCopy = was !== identity;
    const seen = incarnationAfter(published, { incarnation, nextSequence }, now);
    if (!isCopy && seen === undefined) return incarnation;
    const to = seen ?? incarnationBehind(incarnation, now);
    // When another claim has raised it meanwhile, it is looked at again.
    if ((await raiseIncarnation.run(tx, { from: incarnation, was, to, identity })).length === 1) return to;
  }
}
