/**
 * Roll-ups: what happened, by quarter of an hour. Counted in memory, and written with the checkpoint of the events that they count.
 *
 *   count ──> cell (more) ── commit, every time ──> pending    one short text per commit, so that a commit stays cheap
 *                      └──── commit, every 5 s ──> counted    added to the rows of quarters and hours; what was pending is deleted
 *
 * A claim reads what is pending and goes on. Both kinds of write are part of the plan of a commit, so nothing is counted twice or lost. What
 * is new in a plan comes from records or changes, so that the plan moves the checkpoint and cannot be applied twice; one that only adds what
 * was pending may be, and whoever deletes that adds it.
 *
 * Four families share the cells:
 *
 *   events    tenant, provider, stream, pool, type, category, attribution
 *   domains   tenant, provider, domain, type, category (of a failure); beside the events' types `deferred_message`, `delivered_message`, `given_up_message`
 *   waits     tenant, provider, domain, type (`delivery`, `greylisting`), upper bound
 *   changes   tenant, provider, domain, type (of the change), category (the reason of the suppression)
 */
import { DAY, hourOf, QUARTER, quarterOf } from '@desist/domain';
import type { RollupFamily, RollupRow, RollupWrite } from '../ports/commit-plan.ts';
import { isAt } from './key-hash.ts';
import type { Route, TenantProvider } from './tenant-provider.ts';

/** Upper bounds of waits, seconds. What is above all of them has `ABOVE`. */
export const WAIT_BOUNDS: readonly number[] = [
  ...[10, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 2_700, 3_600, 5_400, 7_200, 10_800, 14_400, 21_600, 28_800, 43_200],
  ...[64_800, 86_400, 129_600, 172_800, 259_200, 432_000],
];
export const ABOVE_ALL_BOUNDS = 2_147_483_647;
/** What is kept of quarters, and of hours, ms. Older events are in no roll-up. */
export const QUARTERS_KEPT = 15 * DAY;
export const HOURS_KEPT = 396 * DAY;

/** ms */
const WRITE_EVERY = 5_000;
/**
 * Cells that may begin while the partition clock is in one quarter of an hour, by how much detail they have. A tenant may begin one while it
 * has fewer than are free: one alone gets half of them (as in `baseline.ts`). What exceeds that is counted with less detail: see `coarser`.
 * Failures have places of their own: trouble is seen, however many domains have none.
 */
const PLACES: Readonly<Record<Detail, number>> = {
  success: 4_096,
  failure: 4_096,
  provider: 2_048,
  tenant: 2_048,
  none: Number.POSITIVE_INFINITY,
};
/** Cells in memory above which the next commit writes them: a backlog brings many quarters within seconds. */
const AT_ONCE = 16_384;
type Detail = 'success' | 'failure' | 'provider' | 'tenant' | 'none';
const COARSER: readonly Detail[] = ['provider', 'tenant', 'none'];
const OTHER = 'other';
/** In place of a tenant's name; none begins like that. */
const ALL_TENANTS = '*';
const NO_BYTES = new Uint8Array(0);
const DEFAULT_STREAM = Uint8Array.from('default', (letter) => letter.charCodeAt(0));
/** Streams and pools of a tenant and provider whose cells are found by their bytes. */
const AT_HAND = 8;

type Dimensions = Omit<RollupRow, 'at' | 'events'>;

export interface Cell extends RollupRow {
  /** Since the last commit. */
  more: number;
  /** Committed as pending, in no row yet. */
  pending: number;
  /** Place among the cells that the pending texts name; -1: none of them does. */
  index: number;
  /** True: no longer in the table of cells. */
  evicted: boolean;
}

/** The cell of a delivery or acceptance that is recognised by its bytes. */
export interface PeekedCell {
  readonly type: 'delivered' | 'accepted';
  readonly stream: Uint8Array;
  readonly pool: Uint8Array;
  cell: Cell;
}

/** Where stream and pool stand in a record's value. */
export interface StreamAndPool {
  readonly streamStart: number;
  readonly streamEnd: number;
  readonly poolStart: number;
  readonly poolEnd: number;
}

/** Its bytes, and where stream and pool stand in them. */
export interface PeekedRecord {
  readonly value: Uint8Array;
  readonly offsets: StreamAndPool;
}

export interface Rollups {
  /** The partition clock goes on, ms. */
  tick(clock: number): void;
  /** A delivery or acceptance that was recognised on its bytes. `at`: ms. */
  peeked(type: 'delivered' | 'accepted', route: Route, at: number, record: PeekedRecord): void;
  /** `times`: -1 takes one back that was counted since the last commit. */
  count(family: RollupFamily, at: number, of: Partial<Dimensions> & { readonly tenant: string }, times?: 1 | -1): void;
  waited(kind: 'delivery' | 'greylisting', route: Route, at: number, ms: number): void;
  /** For the next commit; null: nothing. */
  drain(commit: RollupCommit): RollupWrite | null;
}

export interface RollupCommit {
  /** Monotonic, ms. */
  readonly now: number;
  /** ms */
  readonly present: number;
}

/** A pending text: cells that were not named since the last write, each with its count, and counts of those that were, by place. */
interface Body {
  readonly cells: readonly BodyCell[];
  readonly more: readonly number[];
}
type BodyCell = readonly [
  family: RollupFamily,
  at: number,
  tenant: string,
  provider: string,
  stream: string,
  pool: string,
  domain: string,
  type: string,
  category: string,
  attribution: string,
  upperBound: number,
  more: number,
];

/** `stored`: the pending texts of the partition, in order. `tooOld`: so many events are in no roll-up, because of their age. */
export function createRollups(stored: readonly string[], tooOld: (events: number) => void = () => undefined): Rollups {
  let cells = new Map<string, Cell>();
  let begun = nothingBegun();
  let changed: Cell[] = [];
  /** Those with something pending, by their place. */
  let named: Cell[] = [];
  let writtenAt = Number.NEGATIVE_INFINITY;
  /** Of the partition clock: from here on cells have places again. */
  let nextQuarter = Number.NEGATIVE_INFINITY;
  let hasTicked = false;

  // ------------------------------------------------------------------------------------------ cells

  function cellFor(at: number, of: Dimensions): Cell {
    let dimensions: Dimensions = of;
    for (let step = 0; ; step += 1) {
      const key = keyOf(at, dimensions);
      const known = cells.get(key);
      if (known !== undefined) return known;
      const detail = step === 0 ? detailOf(of) : (COARSER[step - 1] ?? 'none');
      if (mayBegin(detail, dimensions.tenant)) return begin(key, at, dimensions, detail);
      dimensions = coarser(dimensions, step);
    }
  }

  function mayBegin(detail: Detail, tenant: string): boolean {
    const { all, of } = begun[detail];
    return (of.get(tenant) ?? 0) < PLACES[detail] - all;
  }

  function begin(key: string, at: number, dimensions: Dimensions, detail: Detail): Cell {
    const cell: Cell = { ...dimensions, at, events: 0, more: 0, pending: 0, index: -1, evicted: false };
    cells.set(key, cell);
    const places = begun[detail];
    places.all += 1;
    places.of.set(cell.tenant, (places.of.get(cell.tenant) ?? 0) + 1);
    return cell;
  }

  function add(cell: Cell, times: number): void {
    if (cell.more === 0) changed.push(cell);
    cell.more += times;
  }

  function isIn(cell: Cell | undefined, at: number): cell is Cell {
    return cell !== undefined && !cell.evicted && at >= cell.at && at < cell.at + QUARTER;
  }

  function addTo(cell: Cell | undefined, at: number, make: () => Dimensions): Cell {
    const found = isIn(cell, at) ? cell : cellFor(quarterOf(at), make());
    add(found, 1);
    return found;
  }

  function peekedCell(
    type: 'delivered' | 'accepted',
    to: TenantProvider,
    value: Uint8Array,
    offsets: StreamAndPool,
  ): PeekedCell | undefined {
    const { streamStart, streamEnd, poolStart, poolEnd } = offsets;
    for (const one of to.peeked) {
      if (one.type !== type) continue;
      const isStream = streamEnd > streamStart ? isAt(one.stream, value, streamStart, streamEnd) : one.stream === DEFAULT_STREAM;
      if (isStream && isAt(one.pool, value, poolStart, Math.max(poolStart, poolEnd))) return one;
    }
    return undefined;
  }

  // ---------------------------------------------------------------------------------------- writing

  function pendingBody(): string {
    const first: BodyCell[] = [];
    const more: number[] = [];
    for (const cell of changed) {
      if (cell.index === -1) {
        cell.index = named.push(cell) - 1;
        first.push(bodyCellOf(cell));
      } else {
        more.push(cell.index, cell.more);
      }
      cell.pending += cell.more;
      cell.more = 0;
    }
    changed = [];
    return JSON.stringify({ cells: first, more } satisfies Body);
  }

  function load(text: string): void {
    const { cells: first, more } = JSON.parse(text) as Body;
    for (const [family, at, tenant, provider, stream, pool, domain, type, category, attribution, upperBound, events] of first) {
      const dimensions = { family, tenant, provider, stream, pool, domain, type, category, attribution, upperBound };
      const key = keyOf(at, dimensions);
      const cell = cells.get(key) ?? begin(key, at, dimensions, detailOf(dimensions));
      if (cell.index === -1) cell.index = named.push(cell) - 1;
      cell.pending += events;
    }
    for (let i = 0; i < more.length; i += 2) {
      const cell = named[more[i] as number];
      if (cell !== undefined) cell.pending += more[i + 1] as number;
    }
  }

  function rowsUntilNow(present: number): RollupWrite {
    const quarters: RollupRow[] = [];
    const hours = new Map<string, RollupRow & { events: number }>();
    let old = 0;
    for (const cell of new Set([...named, ...changed])) {
      const { more, pending, index: _, evicted: __, ...row } = cell;
      const events = more + pending;
      cell.more = cell.pending = 0;
      cell.index = -1;
      if (events === 0) continue;
      const { at } = row;
      if (at >= present - QUARTERS_KEPT) quarters.push({ ...row, events });
      if (at < present - HOURS_KEPT) {
        if (row.family === 'events') old += events;
        continue;
      }
      const hour = hourOf(at);
      const key = keyOf(hour, row);
      const known = hours.get(key);
      if (known === undefined) hours.set(key, { ...row, at: hour, events });
      else known.events += events;
    }
    changed = [];
    named = [];
    if (old > 0) tooOld(old);
    return { kind: 'counted', quarters, hours: [...hours.values()] };
  }

  function tick(clock: number): void {
    if (clock < nextQuarter) return;
    nextQuarter = quarterOf(clock) + QUARTER;
    begun = nothingBegun();
    hasTicked = true;
  }

  function evict(): void {
    for (const cell of cells.values()) cell.evicted = true;
    cells = new Map();
  }

  for (const text of stored) load(text);

  return {
    tick,
    peeked(type, route, at, { value, offsets }) {
      const { to, domain } = route;
      const known = peekedCell(type, to, value, offsets);
      const { streamStart, streamEnd, poolStart, poolEnd } = offsets;
      if (known === undefined) {
        const stream = streamEnd > streamStart ? value.slice(streamStart, streamEnd) : DEFAULT_STREAM;
        const pool = poolEnd > poolStart ? value.slice(poolStart, poolEnd) : NO_BYTES;
        const cell = addTo(undefined, at, () =>
          dimensionsOf('events', { ...partsOf(to), type, stream: textOf(stream), pool: textOf(pool) }),
        );
        if (to.peeked.length >= AT_HAND) to.peeked.length = 0;
        to.peeked.push({ type, stream, pool, cell });
      } else {
        known.cell = addTo(known.cell, at, () =>
          dimensionsOf('events', { ...partsOf(to), type, stream: textOf(known.stream), pool: textOf(known.pool) }),
        );
      }
      if (type === 'accepted') return;
      route.delivered = addTo(route.delivered, at, () => dimensionsOf('domains', { ...partsOf(to), type, domain }));
    },
    count(family, at, of, times = 1) {
      add(cellFor(quarterOf(at), dimensionsOf(family, of)), times);
    },
    waited(kind, { to, domain }, at, ms) {
      const upperBound = WAIT_BOUNDS.find((bound) => ms <= bound * 1_000) ?? ABOVE_ALL_BOUNDS;
      add(cellFor(quarterOf(at), dimensionsOf('waits', { ...partsOf(to), domain, type: kind, upperBound })), 1);
    },
    drain({ now, present }) {
      changed = changed.filter(({ more }) => more !== 0);
      const due = now - writtenAt >= WRITE_EVERY || cells.size > AT_ONCE;
      if (!due) return changed.length === 0 ? null : { kind: 'pending', body: pendingBody() };
      if (changed.length === 0 && named.length === 0) return null;
      writtenAt = now;
      const write = rowsUntilNow(present);
      if (hasTicked) evict();
      hasTicked = false;
      return write;
    },
  };
}

/** Of a replay, which writes nothing. */
export const NO_ROLLUPS: Rollups = {
  tick: () => undefined,
  peeked: () => undefined,
  count: () => undefined,
  waited: () => undefined,
  drain: () => null,
};

/** With less detail. What is left after the last step are some 1,000 cells for each quarter, whatever comes. */
function coarser(of: Dimensions, step: number): Dimensions {
  if (step === 0) {
    const known = (name: string): string => (name === '' ? '' : OTHER);
    return { ...of, stream: known(of.stream), pool: known(of.pool), domain: known(of.domain) };
  }
  if (step === 1) return { ...of, provider: OTHER, category: isVerdict(of) && of.category !== '' ? OTHER : of.category };
  return { ...of, tenant: ALL_TENANTS };
}

/** Its category is that of a verdict, and no reason of a suppression. */
function isVerdict({ family }: Dimensions): boolean {
  return family === 'events' || family === 'domains';
}

/** Of a cell with all its detail. */
function detailOf({ type }: Dimensions): Detail {
  return type === 'delivered' || type === 'accepted' ? 'success' : 'failure';
}

interface Begun {
  all: number;
  readonly of: Map<string, number>;
}

function nothingBegun(): Readonly<Record<Detail, Begun>> {
  const nothing = (): Begun => ({ all: 0, of: new Map() });
  return { success: nothing(), failure: nothing(), provider: nothing(), tenant: nothing(), none: nothing() };
}

function partsOf({ tenant, provider }: TenantProvider): { readonly tenant: string; readonly provider: string } {
  return { tenant, provider };
}

const NONE = { provider: '', stream: '', pool: '', domain: '', type: '', category: '', attribution: '', upperBound: 0 } as const;

function dimensionsOf(family: RollupFamily, of: Partial<Dimensions> & { readonly tenant: string }): Dimensions {
  return { ...NONE, ...of, family };
}

/** Unambiguous: no part has a space. */
function keyOf(at: number, of: Dimensions): string {
  const { family, tenant, provider, stream, pool, domain, type, category, attribution, upperBound } = of;
  return `${family} ${at} ${tenant} ${provider} ${stream} ${pool} ${domain} ${type} ${category} ${attribution} ${upperBound}`;
}

function bodyCellOf(cell: Cell): BodyCell {
  const { family, at, tenant, provider, stream, pool, domain, type, category, attribution, upperBound, more } = cell;
  return [family, at, tenant, provider, stream, pool, domain, type, category, attribution, upperBound, more];
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
