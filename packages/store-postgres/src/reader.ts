/** What others may ask of the state: recipient, list, check, history, status. Reads only; times in ms since the epoch. */
import { domainOf } from '@desist/domain';
import type { RecipientStateName, Tenant, Address } from '@desist/domain';
import { StoreError } from '@desist/pipeline';
import type { AllowanceRow, BlockRow, Checked, CheckedSuppression, ListedSuppression, Page, StateReader } from '@desist/pipeline';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { Database } from '@desist/postgres';
import type { HashOf } from './tombstones.ts';
import { checkRecipients } from './statements/check-recipients.ts';
import type { CheckRow } from './statements/check-recipients.ts';
import { findRecipient } from './statements/find-recipient.ts';
import { listPartitions } from './statements/list-partitions.ts';
import { listPositions } from './statements/list-positions.ts';
import { endOfPage, measurePrefix, pageSuppressions } from './statements/list-suppressions.ts';
import type { Conditions, Listed, Position } from './statements/list-suppressions.ts';
import { measureDomain } from './statements/measure-domain.ts';
import { pageHistory } from './statements/page-history.ts';
import { endOfScan, pageRecipients } from './statements/page-recipients.ts';
import type { DeadlinePosition, FoundRecipient } from './statements/page-recipients.ts';
import { sumStates } from './statements/sum-states.ts';
import { sumSuppressions } from './statements/sum-suppressions.ts';

const MAX_PAGE = 1_000;
/** Rows of an export that are read and written at once, in about 2 ms: what works beside it in this process waits for no more. */
const EXPORT_PAGE = 100;
/** Rows that one page of recipients reads at most: some ten milliseconds. */
const SCANNED = 20_000;

/** The text of a check, for those who look at its plan: $1 the tenant, $2 the addresses, $3 their hashes, $4 their domains. */
export const CHECK = checkRecipients.text;

export interface ReaderOptions {
  /** Rows that one page of recipients reads at most; default 20,000. */
  readonly scanned?: number;
  /** The keyed hash that stands for an erased recipient. */
  readonly hashOf?: HashOf;
}

export function createReader(db: Database, { hashOf, scanned = SCANNED }: ReaderOptions = {}): StateReader {
  /** Tenants with erased recipients: their addresses are looked up by hash, too. */
  const withForgotten = new Set<string>();

  async function askForCheck(tenant: Tenant, addresses: readonly Address[], domains: readonly string[]): Promise<readonly CheckRow[]> {
    const hashed = withForgotten.has(tenant);
    if (hashed && hashOf === undefined) {
      throw new StoreError('incompatible', 'recipients were erased here, and this process has no key for their hashes: DESIST_HASH_KEY');
    }
    const hashes = hashed && hashOf !== undefined ? addresses.map((address) => hashOf(tenant, address)) : [];
    const rows = await checkRecipients.run(db, { tenant, addresses, hashes, domains });
    if (hashed || addresses.length === 0 || !rows.some(({ place, partition }) => place === null && partition === null)) return rows;
    if (withForgotten.size >= 10_000) withForgotten.clear();
    withForgotten.add(tenant);
    return askForCheck(tenant, addresses, domains);
  }

  async function readPage(filter: Conditions, after: Position | null, limit: number): Promise<readonly Listed[]> {
    const { sql, parameters } = pageSuppressions(filter, { after, limit });
    return (await db.query(sql, parameters)) as readonly unknown[] as readonly Listed[];
  }

  /** Many addresses begin with this text, and nothing else narrows them down. */
  async function isCommon({ prefix, domain, address, reason, scope, since, tenants }: Conditions): Promise<boolean> {
    const others = [domain, address, since, tenants?.length === 1 ? tenants : undefined];
    if (prefix === undefined || [...others, reason, scope].some((one) => one !== undefined)) return false;
    const { sql, parameters } = measurePrefix(prefix, scanned + 1);
    const [found] = (await db.query(sql, parameters)) as readonly unknown[] as readonly { readonly count: number }[];
    return (found?.count ?? 0) > scanned;
  }

  /** A page of those recipients that come next in the list, whatever is found among them. */
  async function listWithin(filter: Conditions, after: Position | null, limit: number): Promise<Page<ListedSuppression>> {
    const from = after === null ? 0 : after[0];
    const bound = endOfPage(from, scanned);
    const [end] = (await db.query(bound.sql, bound.parameters)) as readonly unknown[] as readonly { readonly id: number }[];
    const within = { from, upTo: end?.id ?? Number.MAX_SAFE_INTEGER };
    const { sql, parameters } = pageSuppressions(filter, { after, limit: limit + 1, within });
    const rows = (await db.query(sql, parameters)) as readonly unknown[] as readonly Listed[];
    const found = listed(rows, limit);
    // Before whatever is of the recipient behind the last one that was read.
    return found.cursor !== null || end === undefined ? found : { items: found.items, cursor: encodeCursor([end.id + 1, '', '']) };
  }

  async function isSmall(domain: string): Promise<boolean> {
    return ((await measureDomain.first(db, { domain, limit: scanned + 1 }))?.count ?? 0) <= scanned;
  }

  return {
    async recipient(tenant, address) {
      return (await findRecipient.first(db, { tenant, address })) ?? null;
    },

    async list(filter) {
      const limit = within(filter.limit);
      const after =
        filter.cursor === undefined ? null : (decodeCursor(filter.cursor, ['number', 'string', 'string']) as unknown as Position);
      if (await isCommon(filter)) return listWithin(filter, after, limit);
      return listed(await readPage(filter, after, limit + 1), limit);
    },

    async *snapshot(filter) {
      for (let after: Position | null = null; ;) {
        const page: readonly Listed[] = await readPage(filter, after, EXPORT_PAGE);
        if (page.length > 0) yield page.map(({ id: _, ...item }) => item);
        const last = page.at(-1);
        if (last === undefined || page.length < EXPORT_PAGE) return;
        after = [last.id, last.scope, last.reason];
      }
    },

    async recipients({ cursor, limit: wanted, ...filter }) {
      const limit = within(wanted);
      const after = cursor === undefined ? null : (decodeCursor(cursor, ['number', 'number']) as unknown as DeadlinePosition);
      const page = { filter, after, scanned, smallDomain: filter.domain !== undefined && (await isSmall(filter.domain)) };
      const { sql, parameters } = pageRecipients({ ...page, limit: limit + 1 });
      const rows = (await db.query(sql, parameters)) as readonly unknown[] as readonly FoundRecipient[];
      const found = pageOf(
        rows.map(({ id, deadline, ...item }) => ({ item, position: [deadline, id] })),
        limit,
      );
      if (found.cursor !== null || page.smallDomain) return found;
      const bound = endOfScan(page);
      const [end] = (await db.query(bound.sql, bound.parameters)) as readonly unknown[] as readonly FoundRecipient[];
      return { items: found.items, cursor: end === undefined ? null : encodeCursor([end.deadline, end.id]) };
    },

    async check(tenant, addresses) {
      const answers: (Building | undefined)[] = new Array<undefined>(addresses.length).fill(undefined);
      const clocks: { partition: number; clock: number }[] = [];
      const domains = [...new Set(addresses.map(domainOf))];
      /** By domain. */
      const entries = new Map<string, CheckedSuppression[]>();
      for (const row of await askForCheck(tenant, addresses, domains)) {
        if (row.partition !== null) clocks.push({ partition: row.partition, clock: row.since ?? 0 });
        if (row.place === null) continue;
        if (row.entry !== null) {
          addEntry(entries, domains[row.place - 1] ?? '', row);
          continue;
        }
        const answer = (answers[row.place - 1] ??= {
          state: 'healthy',
          suppressions: [],
          allowed: [],
          probationUntil: null,
          forgotten: false,
        });
        addTo(answer, row);
      }
      for (const answer of answers) if (answer !== undefined && answer.suppressions.length > 1) answer.suppressions.sort(byScopeAndReason);
      for (const found of entries.values()) found.sort(byNearness);
      clocks.sort((a, b) => a.partition - b.partition);
      const checked = addresses.map((address, place): Checked => {
        const answer = answers[place];
        const above = entries.size === 0 ? NONE : (entries.get(domainOf(address)) ?? NONE).filter(({ entry }) => entry !== address);
        if (answer === undefined)
          return { address, state: 'healthy', suppressions: above, allowed: NONE, probationUntil: null, erased: false };
        const { state, suppressions, allowed, probationUntil, forgotten } = answer;
        return {
          address,
          state,
          suppressions: above.length === 0 ? suppressions : [...suppressions, ...above],
          allowed,
          probationUntil,
          erased: forgotten,
        };
      });
      return { checked, clocks };
    },

    async positions() {
      const rows = await listPositions.run(db, {});
      return new Map(rows.map(({ partition, nextOffset }) => [partition, nextOffset]));
    },

    async history(tenant, address, page) {
      const limit = within(page.limit);
      const [after = 0] = page.cursor === undefined ? [] : (decodeCursor(page.cursor, ['number']) as number[]);
      const rows = await pageHistory.run(db, { tenant, address, after, limit: limit + 1 });
      return pageOf(
        rows.map((item) => ({ item, position: [item.version] })),
        limit,
      );
    },

    async status() {
      const partitions = await listPartitions.run(db, {});
      const states = await sumStates.run(db, {});
      const suppressions = await sumSuppressions.run(db, {});
      return { partitions, recipients: Object.fromEntries(states.map(({ state, count }) => [state, count])), suppressions };
    },
  };
}

interface Building {
  state: RecipientStateName;
  readonly suppressions: Checked['suppressions'][number][];
  readonly allowed: AllowanceRow[];
  probationUntil: number | null;
  forgotten: boolean;
}

const NONE: readonly never[] = [];

function byScopeAndReason(a: BlockRow, b: BlockRow): number {
  if (a.scope !== b.scope) return a.scope < b.scope ? -1 : 1;
  return a.reason < b.reason ? -1 : 1;
}

function addEntry(entries: Map<string, CheckedSuppression[]>, domain: string, row: CheckRow): void {
  const { entry, scope, reason, since, expiresAt } = row;
  if (entry === null || scope === null || reason === null || since === null) return;
  const found = { scope, reason, since, expiresAt, entry, ...(row.subdomains === true ? { subdomains: true as const } : {}) };
  const known = entries.get(domain);
  if (known === undefined) entries.set(domain, [found]);
  else known.push(found);
}

/** The entry of the longer domain is nearer: both are ends of the same one. */
function byNearness(a: CheckedSuppression, b: CheckedSuppression): number {
  return (b.entry ?? '').length - (a.entry ?? '').length || byScopeAndReason(a, b);
}

/** Suppressions and allowances of one recipient come crossed with each other. */
function addTo(answer: Building, row: CheckRow): void {
  const { state, scope, reason, since, expiresAt, allowedScope, allowedUntil, blocks } = row;
  if (blocks !== null) {
    answer.forgotten = true;
    answer.suppressions.push(...(JSON.parse(blocks) as BlockRow[]));
    return;
  }
  if (state !== null) answer.state = state;
  answer.probationUntil ??= row.probationUntil;
  if (scope !== null && reason !== null && since !== null) {
    const known = answer.suppressions.some((held) => held.scope === scope && held.reason === reason);
    if (!known) answer.suppressions.push({ scope, reason, since, expiresAt, ...(row.subdomains === true ? { subdomains: true } : {}) });
  }
  if (allowedScope !== null && !answer.allowed.some((allowance) => allowance.scope === allowedScope)) {
    answer.allowed.push({ scope: allowedScope, expiresAt: allowedUntil });
  }
}

function within(limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RangeError('limit must be a whole number from 1 on');
  return Math.min(limit, MAX_PAGE);
}

function listed(rows: readonly Listed[], limit: number): Page<ListedSuppression> {
  return pageOf(
    rows.map(({ id, ...item }) => ({ item, position: [id, item.scope, item.reason] })),
    limit,
  );
}

/** One row more than asked for was read: it tells whether there is a next page. */
function pageOf<T>(rows: readonly { readonly item: T; readonly position: readonly (string | number)[] }[], limit: number): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(({ item }) => item),
    cursor: rows.length > limit && last !== undefined ? encodeCursor(last.position) : null,
  };
}
