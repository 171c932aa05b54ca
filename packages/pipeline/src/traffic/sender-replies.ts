/**
 * The replies that refuse tries for the sender's fault, by tenant, provider, pool, quarter of an hour, category and code: what a sender
 * incident shows of them. Roll-ups count the tries; here are the words. Nothing is kept but what the next commit adds.
 *
 * What may begin in a quarter of the partition clock is bounded and shared between tenants, as in `rollups.ts`. What exceeds it has no words.
 */
import { bitOf, codesOf, QUARTER, quarterOf } from '@desist/domain';
import type { RecipientKey, Tenant } from '@desist/domain';
import type { SenderReplyRow } from '../ports/sender-incidents.ts';
import { hashOfText } from './key-hash.ts';

/** Rows that may begin while the clock is in one quarter: a tenant may begin one while it has fewer than are free. */
const PLACES = 4_096;
const REPLY_LIMIT = 300;
const NONE = 'none';

export interface RefusedTry {
  readonly tenant: Tenant;
  readonly provider: string;
  readonly pool: string;
  /** ms */
  readonly at: number;
  readonly category: string;
  /** Without addresses. */
  readonly reply: string | null;
  readonly key: RecipientKey;
}

export interface SenderReplies {
  /** The partition clock goes on, ms. */
  tick(clock: number): void;
  count(refused: RefusedTry): void;
  /** For the next commit. */
  drain(): readonly SenderReplyRow[];
}

interface Cell extends SenderReplyRow {
  events: number;
  recipients: number;
}

export function createSenderReplies(places = PLACES): SenderReplies {
  let nextQuarter = Number.NEGATIVE_INFINITY;
  let begun = new Set<string>();
  let ofTenant = new Map<Tenant, number>();
  let changed = new Map<string, Cell>();

  function mayBegin(tenant: Tenant): boolean {
    return (ofTenant.get(tenant) ?? 0) < places - begun.size;
  }

  return {
    tick(clock) {
      if (clock < nextQuarter) return;
      nextQuarter = quarterOf(clock) + QUARTER;
      begun = new Set();
      ofTenant = new Map();
    },
    count({ tenant, provider, pool, at, category, reply, key }) {
      const quarter = quarterOf(at);
      const code = codesOf(reply ?? '') || NONE;
      const name = `${tenant} ${provider} ${pool} ${quarter} ${category} ${code}`;
      if (!begun.has(name)) {
        if (!mayBegin(tenant)) return;
        begun.add(name);
        ofTenant.set(tenant, (ofTenant.get(tenant) ?? 0) + 1);
      }
      let cell = changed.get(name);
      if (cell === undefined) {
        const example = reply === null ? null : reply.slice(0, REPLY_LIMIT);
        changed.set(name, (cell = { tenant, provider, pool, at: quarter, category, code, events: 0, recipients: 0, reply: example }));
      }
      cell.events += 1;
      cell.recipients |= bitOf(hashOfText(key));
    },
    drain() {
      const rows = [...changed.values()];
      changed = new Map();
      return rows;
    },
  };
}
