/**
 * Roll-ups: what happened, by quarter of an hour. Counted in memory, and written with the checkpoint of the events that they count.
 *
 *   count ──> cell (more) ── commit, every time ──> pending    one short text per commit, so that a commit stays cheap
 *                      └──── commit, every 5 s ──> counted    added to the rows of hours; what was pending is deleted
 *
 * A claim reads what is pending and goes on. Both kinds of write are part of the plan of a commit, so nothing is counted twice or lost. Most
 * plans move the checkpoint, and cannot be applied twice. One that does not may be: it adds to the rows only what was pending, and whoever
 * deletes that adds it; what is new in it (decisions of the shadow policy alone) is pending under a number, so that it is kept once.
 *
 * Six families share the cells:
 *
 *   events    tenant, provider, stream, pool, type, category (of `engaged`: its kind), attribution
 *   domains   tenant, provider, domain, type, category (of a failure); beside the events' types `deferred_message`, `delivered_message`, `given_up_message`
 *   waits     tenant, provider, domain, type (`delivery`, `greylisting`), upper bound
 *   changes   tenant, provider, domain, type (of the change), category (the reason of the suppression)
 *   regret    tenant, provider, domain, type (`RegretType`), category (of the evidence), attribution (the reason of the suppression)
 *   shadow    as changes, of the shadow policy: types `shadow_suppressed`, `shadow_released`
 */
import { DAY, hourOf, QUARTER, quarterOf } from '@desist/domain';
import type { RollupFamily, RollupHour, RollupRow, RollupWrite } from '../ports/commit-plan.ts';
import { isAt, textOf } from './key-hash.ts';
import type { Route, TenantProvider } from './tenant-provider.ts';

/** Upper bounds of waits, seconds. What is above all of them has `ABOVE`. */
export const WAIT_BOUNDS: readonly number[] = [
  ...[10, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 2_700, 3_600, 5_400, 7_200, 10_800, 14_400, 21_600, 28_800, 43_200],
  ...[64_800, 86_400, 129_600, 172_800, 259_200, 432_000],
];
export const ABOVE_ALL_BOUNDS = 2_147_483_647;
/** How far back is counted, ms. Older events are in no roll-up. */
export const HOURS_KEPT = 396 * DAY;
/** How far back quarters of an hour are asked for, ms. */
export const QUARTERS_KEPT = 15 * DAY;

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
/** Series at hand above which those without a cell are evicted. */
const SERIES = 32_768;
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

/** What a cell says but when and how often. One for each, as long as a cell has it. */
interface Series {
  readonly dimensions: Dimensions;
  readonly key: string;
  /** With ever less detail, as far as that was needed: see `coarser`. */
  readonly coarser: Series[];
  /** Cells that have it, those that were evicted left out. */
  cells: number;
  /** True: another one may stand for the same dimensions by now. */
  evicted: boolean;
}

/** A series in one quarter of an hour. */
interface Cell {
  readonly series: Series;
  /** Start of the quarter, ms. */
  readonly at: number;
  /** It is in the table of cells while this is the current one. */
  readonly generation: number;
  /** Since the last commit. */
  more: number;
  /** Committed as pending, in no row yet. */
  pending: number;
  /** Place among the cells that the pending texts name; -1: none of them does. */
  index: number;
}

/** A series that is counted again and again, with the cell that was counted last: one with less detail when there was no place. */
export interface LastCell {
  series: Series;
  cell: Cell;
}

/** The cell of a delivery or acceptance that is recognised by its bytes. */
export interface PeekedCell {
  readonly type: 'delivered' | 'accepted';
  readonly stream: Uint8Array;
  readonly pool: Uint8Array;
  readonly last: LastCell;
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
  /** `times`: negative takes back what was counted. */
  count(family: RollupFamily, at: number, of: Partial<Dimensions> & { readonly tenant: string }, times?: number): void;
  waited(kind: 'delivery' | 'greylisting', route: Route, at: number, ms: number): void;
  /** For the next commit; null: nothing. */
  drain(commit: RollupCommit): RollupWrite | null;
}

export interface RollupCommit {
  /** Monotonic, ms. */
  readonly now: number;
  /** ms */
  readonly present: number;
  /** False: the plan moves neither offset nor sequence, so that it may be applied twice. */
  readonly moves?: boolean;
}

/** A pending text: cells that were not named since the last write, each with its count, and counts of those that were, by place. */
interface Body {
  readonly cells: readonly BodyCell[];
  readonly more: readonly number[];
  /** Of all that are pending another one, so that no two texts are the same. */
  readonly number: number;
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

/**
 * `stored`: the pending texts of the partition, in order. `tooOld`: so many events are in no roll-up, because of their age. `byDomain`: whether
 * deliveries that are recognised on their bytes count for their domain, too.
 */
export function createRollups(stored: readonly string[], tooOld: (events: number) => void = () => undefined, byDomain = true): Rollups {
  /** By quarter. */
  let cells = new Map<number, Map<Series, Cell>>();
  let cellCount = 0;
  let generation = 0;
  const allSeries = new Map<string, Series>();
  let mostSeries = SERIES;
  let begun = nothingBegun();
  let changed: Cell[] = [];
  /** Those with something pending, by their place. */
  let named: Cell[] = [];
  /** Of the last pending text. */
  let number = 0;
  let writtenAt = Number.NEGATIVE_INFINITY;
  /** Of the partition clock: from here on cells have places again. */
  let nextQuarter = Number.NEGATIVE_INFINITY;
  let hasTicked = false;

  // ------------------------------------------------------------------------------------------ cells

  function seriesOf(dimensions: Dimensions): Series {
    const key = keyOf(dimensions);
    let one = allSeries.get(key);
    if (one === undefined) {
      if (allSeries.size >= mostSeries) evictSeries();
      allSeries.set(key, (one = { dimensions, key, coarser: [], cells: 0, evicted: false }));
    }
    return one;
  }

  /** Those without a cell: there may be any number of them, one for each domain that found no place. */
  function evictSeries(): void {
    for (const series of allSeries.values()) {
      series.coarser.length = 0;
      if (series.cells > 0) continue;
      series.evicted = true;
      allSeries.delete(series.key);
    }
    mostSeries = Math.max(SERIES, 2 * allSeries.size);
  }

  function cellFor(at: number, series: Series): Cell {
    const now = cells.get(at);
    let one = series;
    for (let step = 0; ; step += 1) {
      const known = now?.get(one);
      if (known !== undefined) return known;
      const detail = step === 0 ? detailOf(series.dimensions) : (COARSER[step - 1] ?? 'none');
      if (mayBegin(detail, one.dimensions.tenant)) return begin(one, at, detail);
      one = coarserSeries(series, one, step);
    }
  }

  function coarserSeries(series: Series, last: Series, step: number): Series {
    const known = series.coarser[step];
    if (known?.evicted === false) return known;
    const found = seriesOf(coarser(last.dimensions, step));
    series.coarser[step] = found;
    return found;
  }

  function mayBegin(detail: Detail, tenant: string): boolean {
    const { all, of } = begun[detail];
    return (of.get(tenant) ?? 0) < PLACES[detail] - all;
  }

  function begin(series: Series, at: number, detail: Detail): Cell {
    const cell: Cell = { series, at, generation, more: 0, pending: 0, index: -1 };
    let now = cells.get(at);
    if (now === undefined) cells.set(at, (now = new Map<Series, Cell>()));
    now.set(series, cell);
    cellCount += 1;
    series.cells += 1;
    const places = begun[detail];
    places.all += 1;
    const { tenant } = series.dimensions;
    places.of.set(tenant, (places.of.get(tenant) ?? 0) + 1);
    return cell;
  }

  function add(cell: Cell, times: number): void {
    if (cell.more === 0) changed.push(cell);
    cell.more += times;
  }

  function isIn(cell: Cell, at: number): boolean {
    return cell.generation === generation && at >= cell.at && at < cell.at + QUARTER;
  }

  function addFirst(at: number, dimensions: Dimensions): LastCell {
    const series = seriesOf(dimensions);
    const cell = cellFor(quarterOf(at), series);
    add(cell, 1);
    return { series, cell };
  }

  function addTo(last: LastCell, at: number): void {
    if (!isIn(last.cell, at)) {
      if (last.series.evicted) last.series = seriesOf(last.series.dimensions);
      last.cell = cellFor(quarterOf(at), last.series);
    }
    add(last.cell, 1);
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
    number += 1;
    return JSON.stringify({ cells: first, more, number } satisfies Body);
  }

  function load(text: string): void {
    // Those of an engine of before have no number.
    const { cells: first, more, number: own = 0 } = JSON.parse(text) as Omit<Body, 'number'> & Partial<Body>;
    number = Math.max(number, own);
    for (const [family, at, tenant, provider, stream, pool, domain, type, category, attribution, upperBound, events] of first) {
      const series = seriesOf({ family, tenant, provider, stream, pool, domain, type, category, attribution, upperBound });
      const cell = cells.get(at)?.get(series) ?? begin(series, at, detailOf(series.dimensions));
      if (cell.index === -1) cell.index = named.push(cell) - 1;
      cell.pending += events;
    }
    for (let i = 0; i < more.length; i += 2) {
      const cell = named[more[i] as number];
      if (cell !== undefined) cell.pending += more[i + 1] as number;
    }
  }

  function rowsUntilNow(present: number): RollupWrite {
    const hours: AddedRow[] = [];
    const byHour = new Map<number, Map<Series, AddedRow>>();
    let old = 0;
    // A cell may be in both: the second time it has nothing left.
    for (const list of [named, changed]) {
      for (const cell of list) {
        const { series, at } = cell;
        const events = cell.more + cell.pending;
        cell.more = cell.pending = 0;
        cell.index = -1;
        if (events === 0) continue;
        if (at < present - HOURS_KEPT) {
          if (series.dimensions.family === 'events') old += events;
          continue;
        }
        const hour = hourOf(at);
        let rows = byHour.get(hour);
        if (rows === undefined) byHour.set(hour, (rows = new Map<Series, AddedRow>()));
        let row = rows.get(series);
        if (row === undefined) {
          row = rowOf(series, hour);
          rows.set(series, row);
          hours.push(row);
        }
        row.events += events;
        const quarter = (at - hour) / QUARTER;
        row.quarters[quarter] = (row.quarters[quarter] ?? 0) + events;
      }
    }
    changed = [];
    named = [];
    if (old > 0) tooOld(old);
    return { kind: 'counted', hours };
  }

  function tick(clock: number): void {
    if (clock < nextQuarter) return;
    nextQuarter = quarterOf(clock) + QUARTER;
    begun = nothingBegun();
    hasTicked = true;
  }

  function evict(): void {
    for (const quarter of cells.values()) for (const { series } of quarter.values()) series.cells -= 1;
    cells = new Map();
    cellCount = 0;
    generation += 1;
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
        const dimensions = dimensionsOf('events', { ...partsOf(to), type, stream: textOf(stream), pool: textOf(pool) });
        if (to.peeked.length >= AT_HAND) to.peeked.length = 0;
        to.peeked.push({ type, stream, pool, last: addFirst(at, dimensions) });
      } else {
        addTo(known.last, at);
      }
      if (type === 'accepted' || !byDomain) return;
      if (route.delivered === undefined) route.delivered = addFirst(at, dimensionsOf('domains', { ...partsOf(to), type, domain }));
      else addTo(route.delivered, at);
    },
    count(family, at, of, times = 1) {
      add(cellFor(quarterOf(at), seriesOf(dimensionsOf(family, of))), times);
    },
    waited(kind, { to, domain }, at, ms) {
      const upperBound = WAIT_BOUNDS.find((bound) => ms <= bound * 1_000) ?? ABOVE_ALL_BOUNDS;
      add(cellFor(quarterOf(at), seriesOf(dimensionsOf('waits', { ...partsOf(to), domain, type: kind, upperBound }))), 1);
    },
    drain({ now, present, moves = true }) {
      changed = changed.filter(({ more }) => more !== 0);
      const due = now - writtenAt >= WRITE_EVERY || cellCount > AT_ONCE;
      if (!due || (!moves && changed.length > 0)) return changed.length === 0 ? null : { kind: 'pending', body: pendingBody() };
      if (changed.length === 0 && named.length === 0) return null;
      writtenAt = now;
      const write = rowsUntilNow(present);
      if (hasTicked) evict();
      hasTicked = false;
      return write;
    },
  };
}

/** Those of a replay, which writes nothing and looks for sender incidents: what `sender-watch.ts` takes of them. */
export function createEventRollups(): Rollups {
  const rollups = createRollups([], undefined, false);
  return {
    ...rollups,
    peeked(type, route, at, record) {
      if (type === 'delivered') rollups.peeked(type, route, at, record);
    },
    count(family, at, of, times) {
      if (family === 'events') rollups.count(family, at, of, times);
    },
    waited: () => undefined,
  };
}

/** Of nobody. */
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
  return family === 'events' || family === 'domains' || family === 'regret';
}

/** Of a cell with all its detail. */
function detailOf({ type }: Dimensions): Detail {
  return type === 'delivered' || type === 'accepted' || type === 'engaged' ? 'success' : 'failure';
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
function keyOf(of: Dimensions): string {
  const { family, tenant, provider, stream, pool, domain, type, category, attribution, upperBound } = of;
  return `${family} ${tenant} ${provider} ${stream} ${pool} ${domain} ${type} ${category} ${attribution} ${upperBound}`;
}

type AddedRow = Omit<RollupHour, 'events' | 'quarters'> & { events: number; readonly quarters: [number, number, number, number] };

function rowOf({ dimensions }: Series, at: number): AddedRow {
  const { family, tenant, provider, stream, pool, domain, type, category, attribution, upperBound } = dimensions;
  return {
    ...{ family, at, tenant, provider, stream, pool, domain, type, category, attribution, upperBound },
    ...{ events: 0, quarters: [0, 0, 0, 0] },
  };
}

/** The quarters of hours, without those in which nothing was counted. */
export function quartersOf(hours: readonly RollupHour[]): readonly RollupRow[] {
  return hours.flatMap(({ quarters, ...row }) =>
    quarters.flatMap((events, n) => (events === 0 ? [] : [{ ...row, at: row.at + n * QUARTER, events }])),
  );
}

function bodyCellOf({ series, at, more }: Cell): BodyCell {
  const { family, tenant, provider, stream, pool, domain, type, category, attribution, upperBound } = series.dimensions;
  return [family, at, tenant, provider, stream, pool, domain, type, category, attribution, upperBound, more];
}
