/** The store of HTTP subscribers in memory: the reference of its contract, and what properties run on. */
import { feedFilterOf, SECRETS_KEPT, SUBSCRIBERS_OF_TENANT, TRIES_KEPT } from '@desist/pipeline';
import type {
  ClaimedCursor,
  ClaimTerms,
  CursorRef,
  FeedPosition,
  ListedSubscriber,
  NotedTry,
  Settled,
  Subscriber,
  SubscriberReason,
  SubscriberState,
  SubscriberStore,
  Try,
} from '@desist/pipeline';

interface Cursor {
  readonly partition: number;
  place: number;
  planned: number | null;
  gap: boolean;
  fence: number;
  leasedUntil: number | null;
  lookedAt: number | null;
  again: boolean;
  failures: number;
  failingSince: number | null;
  retryAt: number | null;
  problem: string | null;
  deliveredAt: number | null;
  tries: number;
}

interface Entry {
  subscriber: Subscriber;
  readonly createdBy: string | null;
  readonly createdAt: number;
  state: SubscriberState;
  reason: SubscriberReason | null;
  problem: string | null;
  changedAt: number;
  secrets: { readonly secret: string; expiresAt: number }[];
  readonly cursors: Map<number, Cursor>;
  /** By ring and slot. */
  readonly tries: Map<string, NotedTry>;
}

export interface MemorySubscribers {
  /** ms; tests move it. */
  readonly now: () => number;
  /** Where the partitions end, for `behind`. */
  readonly ends: () => FeedPosition;
}

/** The ring of tests and of what was sent again by hand. */
const BY_HAND = 'h';

export function createMemorySubscribers({ now, ends }: MemorySubscribers): SubscriberStore {
  const entries = new Map<string, Entry>();

  function stop(entry: Entry, state: SubscriberState, reason: SubscriberReason, problem: string | null): boolean {
    if (entry.state !== 'active') return false;
    Object.assign(entry, { state, reason, problem, changedAt: now() });
    return true;
  }

  function validSecrets(entry: Entry): readonly string[] {
    return entry.secrets
      .filter(({ expiresAt }) => expiresAt > now())
      .map(({ secret }) => secret)
      .toReversed();
  }

  /** The cursor, if it was not claimed by somebody else since. */
  function owned({ subscriber, partition, fence }: CursorRef): { readonly entry: Entry; readonly cursor: Cursor } | undefined {
    const entry = entries.get(subscriber.id);
    const cursor = entry?.cursors.get(partition);
    return entry === undefined || cursor === undefined || cursor.fence !== fence ? undefined : { entry, cursor };
  }

  const settled = ({ state }: Entry): Settled => (state === 'active' ? 'moved' : 'halted');

  function keep(entry: Entry, ring: string, number: number, tried: Try): void {
    entry.tries.set(`${ring} ${number % TRIES_KEPT}`, { ...tried, id: `${ring}-${number}`, at: now(), incarnation: 0 });
  }

  function eligible(entry: Entry, cursor: Cursor, { wanted, except, idle }: ClaimTerms): boolean {
    const { id } = entry.subscriber;
    const isFree = (cursor.leasedUntil ?? 0) <= now() && (cursor.retryAt ?? 0) <= now();
    if (entry.state !== 'active' || except.includes(id) || !isFree) return false;
    const isDue = cursor.again || cursor.retryAt !== null || cursor.lookedAt === null || cursor.lookedAt <= now() - idle;
    return wanted.some((one) => {
      if (one.partition !== cursor.partition || cursor.place >= one.upTo) return false;
      return one.subscriber === undefined ? isDue : one.subscriber === id;
    });
  }

  function claimOne({ subscriber, ...entry }: Entry, cursor: Cursor, lease: number): ClaimedCursor {
    const failingFor = cursor.failingSince === null ? null : now() - cursor.failingSince;
    cursor.fence += 1;
    Object.assign(cursor, { leasedUntil: now() + lease, lookedAt: now(), again: false });
    const { partition, fence, place, planned, gap, failures } = cursor;
    const secrets = validSecrets({ subscriber, ...entry });
    return { subscriber, secrets, partition, fence, place, planned, gap, failures, failingFor };
  }

  function listed({ subscriber, ...entry }: Entry): ListedSubscriber {
    const { state, reason, createdBy, createdAt, changedAt } = entry;
    const cursors = [...entry.cursors.values()];
    const least = (of: (cursor: Cursor) => number | null): number | null => {
      const known = cursors.map(of).filter((one) => one !== null);
      return known.length === 0 ? null : Math.min(...known);
    };
    const failing = cursors.filter(({ problem }) => problem !== null).sort((a, b) => (a.failingSince ?? 0) - (b.failingSince ?? 0));
    const delivered = cursors.map(({ deliveredAt }) => deliveredAt).filter((one) => one !== null);
    return {
      ...subscriber,
      ...{ state, reason, createdBy, createdAt, changedAt },
      problem: entry.problem ?? failing[0]?.problem ?? null,
      failingSince: least(({ failingSince }) => failingSince),
      nextTryAt: least(({ retryAt }) => retryAt),
      deliveredAt: delivered.length === 0 ? null : Math.max(...delivered),
      behind: cursors.reduce((sum, { partition, place }) => sum + Math.max(0, (ends()[partition] ?? 0) - place), 0),
    };
  }

  return {
    async add({ createdBy, secret, ...subscriber }, after) {
      const { tenant } = subscriber;
      if ([...entries.values()].filter((one) => one.subscriber.tenant === tenant).length >= SUBSCRIBERS_OF_TENANT) return false;
      const cursors = Array.from(after, (place, partition) => [partition, newCursor(partition, place ?? 0)] as const);
      entries.set(subscriber.id, {
        ...{ subscriber, createdBy, createdAt: now(), changedAt: now(), state: 'active', reason: null, problem: null },
        secrets: [{ secret, expiresAt: Number.POSITIVE_INFINITY }],
        cursors: new Map(cursors),
        tries: new Map(),
      });
      return true;
    },
    async list({ tenants, inTrouble = false }, { after, limit }) {
      const isInTrouble = ({ state, cursors }: Entry): boolean =>
        state !== 'active' || [...cursors.values()].some(({ failingSince }) => failingSince !== null);
      const found = [...entries.values()].filter((entry) => {
        const { id, tenant } = entry.subscriber;
        return tenants?.includes(tenant) !== false && (after === null || id > after) && (!inTrouble || isInTrouble(entry));
      });
      return found
        .sort((a, b) => (a.subscriber.id < b.subscriber.id ? -1 : 1))
        .slice(0, limit)
        .map(listed);
    },
    async find(id) {
      const entry = entries.get(id);
      return entry === undefined ? null : listed(entry);
    },
    remove: async (id) => entries.delete(id),
    async change(id, values) {
      const entry = entries.get(id);
      if (entry === undefined) return false;
      const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
      entry.subscriber = { ...entry.subscriber, ...given };
      return true;
    },
    async pause(id) {
      const entry = entries.get(id);
      return entry !== undefined && stop(entry, 'paused', 'operator', null);
    },
    async resume(id, oldest, skipLost) {
      const entry = entries.get(id);
      if (entry === undefined) return 'unknown';
      if (entry.state === 'ended') return 'ended';
      const cursors = [...entry.cursors.values()];
      const isLost = ({ partition, place }: Cursor): boolean => place < (oldest[partition] ?? 0);
      if (!skipLost && cursors.some(isLost)) return 'lost_changes';
      for (const cursor of cursors) {
        if (isLost(cursor)) Object.assign(cursor, { gap: true, place: oldest[cursor.partition], planned: null });
        Object.assign(cursor, { again: true, failures: 0, failingSince: null, retryAt: null, problem: null });
      }
      if (entry.state !== 'active') entry.changedAt = now();
      Object.assign(entry, { state: 'active', reason: null, problem: null });
      return 'resumed';
    },
    async secrets(id) {
      const entry = entries.get(id);
      return entry === undefined ? [] : validSecrets(entry);
    },
    async rotate(id, secret, overlap) {
      const entry = entries.get(id);
      if (entry === undefined) return false;
      for (const one of entry.secrets) one.expiresAt = Math.min(one.expiresAt, now() + overlap);
      entry.secrets.push({ secret, expiresAt: Number.POSITIVE_INFINITY });
      entry.secrets = entry.secrets.filter(({ expiresAt }) => expiresAt > now()).slice(-SECRETS_KEPT);
      return true;
    },
    async tries(id, limit) {
      const all = [...(entries.get(id)?.tries.values() ?? [])];
      return all.sort((a, b) => b.at - a.at || numberOf(b) - numberOf(a)).slice(0, limit);
    },
    tryOf: async (id, tryId) => [...(entries.get(id)?.tries.values() ?? [])].find((one) => one.id === tryId) ?? null,
    async note(id, tried) {
      const entry = entries.get(id);
      if (entry === undefined) return null;
      const own = [...entry.tries].filter(([place]) => place.startsWith(`${BY_HAND} `)).map(([, one]) => numberOf(one));
      const number = Math.max(0, ...own) + 1;
      keep(entry, BY_HAND, number, tried);
      return `${BY_HAND}-${number}`;
    },
    async active() {
      const all = [...entries.values()].filter(({ state }) => state === 'active');
      return all.map(({ subscriber }) => ({ id: subscriber.id, ...feedFilterOf(subscriber) }));
    },
    async counts() {
      const counts = { active: 0, paused: 0, ended: 0, failing: 0 };
      for (const { state, cursors } of entries.values()) {
        counts[state] += 1;
        if (state === 'active' && [...cursors.values()].some(({ failingSince }) => failingSince !== null)) counts.failing += 1;
      }
      return counts;
    },
    async completeCursors(partitions) {
      for (const { state, cursors } of entries.values()) {
        if (state === 'ended') continue;
        for (let partition = 0; partition < partitions; partition += 1)
          if (!cursors.has(partition)) cursors.set(partition, newCursor(partition, 0));
      }
    },
    async claim(terms) {
      const chosen = [...entries.values()].flatMap((entry) => {
        const own = [...entry.cursors.values()].filter((cursor) => eligible(entry, cursor, terms)).sort(byLook);
        return own.slice(0, terms.limitOfSubscriber).map((cursor) => ({ entry, cursor }));
      });
      chosen.sort((a, b) => byLook(a.cursor, b.cursor));
      return chosen.slice(0, terms.limit).map(({ entry, cursor }) => claimOne(entry, cursor, terms.lease));
    },
    async plan(ref, upTo, lease) {
      const found = owned(ref);
      if (found === undefined) return 'fenced';
      Object.assign(found.cursor, { planned: upTo, leasedUntil: now() + lease });
      return settled(found.entry);
    },
    async advance(ref, { place, taken, then }) {
      const found = owned(ref);
      if (found === undefined) return 'fenced';
      const { entry, cursor } = found;
      if (place > cursor.place) Object.assign(cursor, { failures: 0, failingSince: null, retryAt: null, problem: null });
      if (cursor.planned !== null && cursor.planned <= place) cursor.planned = null;
      Object.assign(cursor, { place, leasedUntil: typeof then === 'object' ? now() + then.keep : null, again: then === 'again' });
      if (taken !== null) {
        cursor.tries += 1;
        Object.assign(cursor, { deliveredAt: now(), gap: false });
        keep(entry, String(cursor.partition), cursor.tries, taken);
      }
      return settled(entry);
    },
    async fail(ref, { failed, then }) {
      const found = owned(ref);
      if (found === undefined) return 'fenced';
      const { entry, cursor } = found;
      const { attempt, problem } = failed;
      const isResumed = cursor.failures + 1 < attempt;
      const failingSince = cursor.failures > 0 ? (cursor.failingSince ?? now()) : now();
      const retryAt = isResumed ? now() : 'retryIn' in then ? now() + then.retryIn : null;
      const failures = Math.min(attempt, cursor.failures + 1);
      cursor.tries += 1;
      Object.assign(cursor, { place: Math.max(cursor.place, failed.after), leasedUntil: null, failures, failingSince, problem, retryAt });
      keep(entry, String(cursor.partition), cursor.tries, failed);
      const settledAs = settled(entry);
      if (!('retryIn' in then) && !(isResumed && then.state === 'paused')) stop(entry, then.state, then.reason, problem);
      return settledAs;
    },
    async loseChanges(ref, problem) {
      const found = owned(ref);
      if (found === undefined) return 'fenced';
      found.cursor.leasedUntil = null;
      stop(found.entry, 'paused', 'lost_changes', problem);
      return 'moved';
    },
  };
}

function newCursor(partition: number, place: number): Cursor {
  return {
    ...{ partition, place, planned: null, gap: false, fence: 0, leasedUntil: null, lookedAt: null, again: true },
    ...{ failures: 0, failingSince: null, retryAt: null, problem: null, deliveredAt: null, tries: 0 },
  };
}

function byLook(a: Cursor, b: Cursor): number {
  return (a.lookedAt ?? -Infinity) - (b.lookedAt ?? -Infinity) || a.partition - b.partition;
}

function numberOf({ id }: Pick<NotedTry, 'id'>): number {
  return Number(id.split('-')[1]);
}
