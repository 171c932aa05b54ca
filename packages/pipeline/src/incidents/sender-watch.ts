/**
 * Notices sender incidents in one stream of events: what the sender coordinator does for a whole installation, for a replay. It takes the
 * roll-ups that a commit would carry, quarter by quarter, and keeps of them what the decisions need.
 */
import { HOUR, hourOf, QUARTER, quarterOf } from '@desist/domain';
import type { PoolCounts, SenderCount, SenderIncidentPolicy, SenderNotice } from '@desist/domain';
import type { RollupRow, RollupWrite } from '../ports/commit-plan.ts';
import type { SenderReplyRow, SentBy } from '../ports/sender-incidents.ts';
import { quartersOf } from '../traffic/rollups.ts';
import { isTry, topReplies } from './sender-counts.ts';
import type { DecidedSender } from './sender-decisions.ts';
import { closedSender, LATE, MOST_REPLIES, openedSenders, REPLIES_KEPT } from './sender-decisions.ts';

export interface SenderCounted {
  readonly rollups: RollupWrite | null;
  readonly senderReplies: readonly SenderReplyRow[];
}

export interface SenderWatch {
  /**
   * The decisions at this clock (ms), with the counts since the last call. Costs nothing within a quarter of an hour; `last`: looks all the
   * same, because nothing follows.
   */
  passed(clock: number, counted: (clock: number) => SenderCounted, last?: boolean): readonly SenderNotice[];
}

/** Counts that are kept of all tenants and providers. Above it those go who were never refused and have not sent for longest. */
const CELLS = 200_000;
const NO_TENANT = '*';
const NO_PROVIDER = 'other';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What one tenant sent to one provider. */
interface Sent {
  readonly by: SentBy;
  readonly pools: Map<string, Map<number, Mutable<SenderCount>>>;
  replies: SenderReplyRow[];
  /** The latest quarter with a try, and with one that was refused, ms. */
  last: number;
  refused: number;
}

/** `most`: counts that are kept; another number is for tests. */
export function createSenderWatch(policy: SenderIncidentPolicy, most = CELLS): SenderWatch {
  const all = new Map<string, Sent>();
  const open = new Map<string, SenderNotice>();
  /** When the last one of a place ended, ms. */
  const ended = new Map<string, number>();
  let cells = 0;
  /** So many make it worth looking at all of them. */
  let compactAt = most / 2;
  let looked = Number.NEGATIVE_INFINITY;

  function cellOf({ pools }: Sent, pool: string, at: number): Mutable<SenderCount> {
    let counts = pools.get(pool);
    if (counts === undefined) pools.set(pool, (counts = new Map<number, Mutable<SenderCount>>()));
    return cellIn(counts, at);
  }

  function sentBy({ tenant, provider }: SentBy): Sent {
    const name = `${tenant} ${provider}`;
    let sent = all.get(name);
    if (sent === undefined) {
      sent = { by: { tenant, provider }, pools: new Map(), replies: [], last: Number.NEGATIVE_INFINITY, refused: Number.NEGATIVE_INFINITY };
      all.set(name, sent);
    }
    return sent;
  }

  function addTries(row: RollupRow): void {
    const { tenant, provider, pool, at, events, attribution } = row;
    const sent = sentBy({ tenant, provider } as SentBy);
    const cell = cellOf(sent, pool, at);
    cell.tries += events;
    sent.last = Math.max(sent.last, at);
    if (attribution !== 'sender') return;
    cell.refused += events;
    sent.refused = Math.max(sent.refused, at);
  }

  function add({ rollups, senderReplies }: SenderCounted): void {
    if (rollups?.kind === 'counted') quartersOf(rollups.hours.filter(isSent)).forEach(addTries);
    for (const row of senderReplies) {
      const sent = sentBy(row);
      sent.replies.push(row);
      cellOf(sent, row.pool, row.at).recipients |= row.recipients;
    }
  }

  /** What is young stays as it is, and may be most of it: the next time is when there is a good deal more. */
  function compact(clock: number): void {
    // What is older is kept by hour.
    const recent = hourOf(clock - Math.max(LATE, 2 * policy.window));
    const oldest = recent - policy.baseline;
    for (const sent of all.values()) {
      sent.replies = sent.replies.filter(({ at }) => at >= clock - REPLIES_KEPT);
      for (const counts of sent.pools.values()) {
        for (const [at, { tries, refused }] of counts) {
          if (at >= recent || (at % HOUR === 0 && at >= oldest)) continue;
          counts.delete(at);
          cells -= 1;
          if (at < oldest) continue;
          const hour = cellIn(counts, hourOf(at));
          hour.tries += tries;
          hour.refused += refused;
        }
      }
    }
    compactAt = Math.min(most, Math.max(most / 2, cells * 1.25));
  }

  function cellIn(counts: Map<number, Mutable<SenderCount>>, at: number): Mutable<SenderCount> {
    let cell = counts.get(at);
    if (cell === undefined) {
      counts.set(at, (cell = { at, tries: 0, refused: 0, recipients: 0 }));
      cells += 1;
    }
    return cell;
  }

  function poolsOf({ pools }: Sent): readonly PoolCounts[] {
    return [...pools].map(([pool, counts]) => ({ pool, counts: [...counts.values()].sort((a, b) => a.at - b.at) }));
  }

  function notice(decided: DecidedSender): SenderNotice {
    const { place, from, until } = decided;
    const inside = sentBy(place).replies.filter(({ pool, at }) => (place.pool ?? pool) === pool && at >= from && at < (until ?? Infinity));
    return { ...decided, announcedBy: 0, summary: { ...decided.summary, replies: topReplies(inside, MOST_REPLIES) } };
  }

  function closeSome(now: number): SenderNotice[] {
    return [...open].flatMap(([name, going]) => {
      const decided = closedSender(policy, going, { pools: poolsOf(sentBy(going.place)), now });
      if (decided === undefined) return [];
      open.delete(name);
      ended.set(name, decided.until ?? now);
      return [notice(decided)];
    });
  }

  function openSome(now: number): SenderNotice[] {
    const since = quarterOf(now - LATE);
    const suspects = [...all.values()].filter(({ refused }) => refused >= now - 2 * policy.window - QUARTER);
    return suspects.flatMap((sent) => {
      const after = (pool: string | null): number | null => {
        const name = nameOf(sent.by, pool);
        return open.has(name) ? null : Math.max(since, ended.get(name) ?? since);
      };
      return openedSenders(policy, poolsOf(sent), { by: sent.by, after, now }).map((decided) => {
        const opened = notice(decided);
        open.set(nameOf(sent.by, decided.place.pool), opened);
        return opened;
      });
    });
  }

  /** To half of the bound. */
  function shrink(): void {
    const first = [...all.values()].sort((a, b) => a.refused - b.refused || a.last - b.last);
    for (const { by, pools } of first) {
      if (cells <= most / 2) return;
      for (const counts of pools.values()) cells -= counts.size;
      all.delete(`${by.tenant} ${by.provider}`);
    }
  }

  return {
    passed(clock, counted, last = false) {
      if (!last && clock < looked + QUARTER) return [];
      looked = quarterOf(clock);
      add(counted(clock));
      if (!policy.detect) return [];
      if (cells > compactAt) compact(clock);
      if (cells > most) shrink();
      return [...closeSome(clock), ...openSome(clock)];
    },
  };
}

function isSent(row: RollupRow): boolean {
  return isTry(row) && row.tenant !== NO_TENANT && row.provider !== NO_PROVIDER;
}

/** No tenant's name has a space. */
function nameOf({ tenant, provider }: SentBy, pool: string | null): string {
  return `${tenant} ${provider} ${pool ?? ''}`;
}
