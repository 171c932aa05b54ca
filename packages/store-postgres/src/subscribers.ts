/** The store of HTTP subscribers on SQL. */
import { feedFilterOf, SECRETS_KEPT, SUBSCRIBERS_OF_TENANT, TRIES_KEPT } from '@desist/pipeline';
import type {
  ClaimedCursor,
  CursorRef,
  ListedSubscriber,
  NotedTry,
  Settled,
  SubscriberState,
  SubscriberStore,
  Try,
} from '@desist/pipeline';
import type { Database, Queries } from '@desist/postgres';
import { activateSubscriber } from './statements/activate-subscriber.ts';
import { changeSubscriber } from './statements/change-subscriber.ts';
import { claimCursors } from './statements/claim-cursors.ts';
import type { ClaimedRow } from './statements/claim-cursors.ts';
import { completeCursors } from './statements/complete-cursors.ts';
import { countSubscribers } from './statements/count-subscribers.ts';
import { deleteSecrets } from './statements/delete-secrets.ts';
import { deleteSubscriber } from './statements/delete-subscriber.ts';
import { findLostCursor } from './statements/find-lost-cursor.ts';
import { freeCursor } from './statements/free-cursor.ts';
import { insertSecret } from './statements/insert-secret.ts';
import { insertSubscriber } from './statements/insert-subscriber.ts';
import { keepTry } from './statements/keep-try.ts';
import { listActiveSubscribers } from './statements/list-active-subscribers.ts';
import { listSecrets } from './statements/list-secrets.ts';
import { lockCursors } from './statements/lock-cursors.ts';
import { lockSubscriber } from './statements/lock-subscriber.ts';
import { moveCursor } from './statements/move-cursor.ts';
import { pageSubscribers } from './statements/page-subscribers.ts';
import type { SubscriberRow } from './statements/page-subscribers.ts';
import { pageTries } from './statements/page-tries.ts';
import type { TryRow } from './statements/page-tries.ts';
import { planRequest } from './statements/plan-request.ts';
import { postponeCursor } from './statements/postpone-cursor.ts';
import { resumeCursors } from './statements/resume-cursors.ts';
import { retireSecrets } from './statements/retire-secrets.ts';
import { stopSubscriber } from './statements/stop-subscriber.ts';

/** The ring of tests and of what was sent again by hand. */
const BY_HAND = -1;

export function createSubscriberStore(db: Database): SubscriberStore {
  return {
    async add({ types, ...subscriber }, after) {
      const values = { ...subscriber, types: types === null ? null : JSON.stringify(types) };
      const places = Array.from(after, (place) => place ?? 0);
      return (await insertSubscriber.run(db, { ...values, places, most: SUBSCRIBERS_OF_TENANT })).length > 0;
    },
    list: async ({ tenants = null, inTrouble = false }, page) =>
      (await pageSubscribers.run(db, { ...page, tenants, inTrouble, id: null })).map(listed),
    async find(id) {
      const [row] = await pageSubscribers.run(db, { id, tenants: null, inTrouble: false, after: null, limit: 1 });
      return row === undefined ? null : listed(row);
    },
    remove: (id) =>
      db.transaction(async (tx) => {
        await lockCursors.run(tx, { id });
        return (await deleteSubscriber.run(tx, { id })).length > 0;
      }),
    async change(id, { url, description }) {
      const values = { id, url: url ?? null, describes: description !== undefined, description: description ?? null };
      return (await changeSubscriber.run(db, values)).length > 0;
    },
    pause: async (id) => (await stopSubscriber.run(db, { id, state: 'paused', reason: 'operator', problem: null })).length > 0,
    resume: (id, oldest, skipLost) =>
      db.transaction(async (tx) => {
        await lockCursors.run(tx, { id });
        const found = await lockSubscriber.first(tx, { id });
        if (found === undefined) return 'unknown';
        if (found.state === 'ended') return 'ended';
        if (!skipLost && (await findLostCursor.run(tx, { id, oldest })).length > 0) return 'lost_changes';
        await resumeCursors.run(tx, { id, oldest });
        await activateSubscriber.run(tx, { id });
        return 'resumed';
      }),
    secrets: async (id) => (await listSecrets.run(db, { id })).map(({ secret }) => secret),
    rotate: (id, secret, overlap) =>
      db.transaction(async (tx) => {
        if ((await lockSubscriber.run(tx, { id })).length === 0) return false;
        await retireSecrets.run(tx, { id, overlap });
        await insertSecret.run(tx, { id, secret });
        await deleteSecrets.run(tx, { id, kept: SECRETS_KEPT });
        return true;
      }),
    tries: async (id, limit) => (await pageTries.run(db, { id, ring: null, number: null, limit })).map(noted),
    async tryOf(id, tryId) {
      const place = placeOf(tryId);
      const [row] = place === undefined ? [] : await pageTries.run(db, { id, ...place, limit: 1 });
      return row === undefined ? null : noted(row);
    },
    async note(id, tried) {
      const kept = await keepTry.first(db, { ...tried, id, ring: BY_HAND, number: null, slots: TRIES_KEPT });
      return kept === undefined ? null : idOf(BY_HAND, kept.number);
    },
    active: async () =>
      (await listActiveSubscribers.run(db, {})).map(({ id, tenant, types }) => ({
        id,
        ...feedFilterOf({ tenant, types: typesOf(types) }),
      })),
    async counts() {
      const counts: Record<SubscriberState | 'failing', number> = { active: 0, paused: 0, ended: 0, failing: 0 };
      for (const { state, count, failing } of await countSubscribers.run(db, {})) {
        counts[state] = count;
        if (state === 'active') counts.failing = failing;
      }
      return counts;
    },
    async completeCursors(partitions) {
      await completeCursors.run(db, { partitions });
    },
    async claim({ wanted, ...terms }) {
      const rows = await claimCursors.run(db, {
        ...terms,
        subscribers: wanted.map(({ subscriber }) => subscriber ?? null),
        partitions: wanted.map(({ partition }) => partition),
        places: wanted.map(({ upTo }) => upTo),
      });
      return rows.map(claimed);
    },
    plan: async (cursor, upTo, lease) => settled(await planRequest.first(db, { ...refOf(cursor), upTo, lease })),
    advance: (cursor, { place, taken, then }) =>
      db.transaction(async (tx) => {
        const lease = typeof then === 'object' ? then.keep : null;
        const moved = await moveCursor.first(tx, { ...refOf(cursor), place, taken: taken !== null, lease, again: then === 'again' });
        if (moved !== undefined && taken !== null) await keep(tx, cursor, taken, moved.number);
        return settled(moved);
      }),
    fail: (cursor, { failed, then }) =>
      db.transaction(async (tx) => {
        const { after: place, attempt: failures, problem } = failed;
        const retryIn = 'retryIn' in then ? then.retryIn : null;
        const moved = await postponeCursor.first(tx, { ...refOf(cursor), place, failures, problem, retryIn });
        if (moved === undefined) return 'fenced';
        await keep(tx, cursor, failed, moved.number);
        if (!('retryIn' in then) && !(moved.resumed && then.state === 'paused'))
          await stopSubscriber.run(tx, { id: cursor.subscriber.id, ...then, problem });
        return settled(moved);
      }),
    loseChanges: (cursor, problem) =>
      db.transaction(async (tx) => {
        if ((await freeCursor.run(tx, refOf(cursor))).length === 0) return 'fenced';
        await stopSubscriber.run(tx, { id: cursor.subscriber.id, state: 'paused', reason: 'lost_changes', problem });
        return 'moved';
      }),
  };
}

function refOf({ subscriber: { id }, partition, fence }: CursorRef): {
  readonly id: string;
  readonly partition: number;
  readonly fence: number;
} {
  return { id, partition, fence };
}

function settled(moved: { readonly state: SubscriberState } | undefined): Settled {
  if (moved === undefined) return 'fenced';
  return moved.state === 'active' ? 'moved' : 'halted';
}

async function keep(tx: Queries, { subscriber, partition }: CursorRef, tried: Try, number: number): Promise<void> {
  await keepTry.run(tx, { ...tried, id: subscriber.id, ring: partition, number, slots: TRIES_KEPT });
}

function typesOf(types: string | null): readonly string[] | null {
  return types === null ? null : (JSON.parse(types) as readonly string[]);
}

function listed({ types, ...row }: SubscriberRow): ListedSubscriber {
  return { ...row, types: typesOf(types) };
}

function claimed({ id, tenant, url, types, batch, description, secrets, ...cursor }: ClaimedRow): ClaimedCursor {
  return {
    ...cursor,
    subscriber: { id, tenant, url, types: typesOf(types), batch, description },
    secrets: JSON.parse(secrets) as readonly string[],
  };
}

function idOf(ring: number, number: number): string {
  return `${ring === BY_HAND ? 'h' : ring}-${number}`;
}

function placeOf(id: string): { readonly ring: number; readonly number: number } | undefined {
  const match = /^(h|\d{1,6})-(\d{1,15})$/.exec(id);
  return match === null ? undefined : { ring: match[1] === 'h' ? BY_HAND : Number(match[1]), number: Number(match[2]) };
}

function noted({ ring, number, ...tried }: TryRow): NotedTry {
  return { ...tried, id: idOf(ring, number) };
}
