/**
 * What an installation needs, computed from its rates (`desist capacity`, docs/capacity.md). Pure: nothing is read or measured here. Each constant
 * names the command that measured it; what is a rule and not a measurement says so.
 */

/** Rates of an installation. Shares are from 0 to 1. */
export interface Rates {
  readonly eventsPerDay: number;
  /** Of the events: deferrals and bounces. */
  readonly failing: number;
  /** The busiest hour, as a multiple of the mean one. */
  readonly peak: number;
  /** Recipients on the list. */
  readonly list: number;
  /** Recipients that come onto the list, and that leave it (released, expired, delivered again), a day. */
  readonly added: number;
  readonly removed: number;
  /** Of the list: suppressed by many deferrals and not by one hard bounce. */
  readonly persistent: number;
  /** Recipients that are deferred, or were within the past seven days, and are not on the list. */
  readonly tracked: number;
  /** Recipients a day that were deferred for more than a day, so that changes of them were published, and that took mail in the end. */
  readonly recovered: number;
  /** Failures kept of a recipient that is deferred. */
  readonly tries: number;
  readonly tenants: number;
  readonly providers: number;
  readonly domains: number;
  readonly streams: number;
  /** Commands a day: entries of the audit trail. */
  readonly commands: number;
  /** Recipients that were erased so far. */
  readonly erased: number;
  /** Days for which the recipient of each message is remembered; 0: it is not. */
  readonly messageMemory: number;
  /** Days. */
  readonly historyKept: number;
  readonly auditKept: number;
  /** The log is in the database, not in Kafka. */
  readonly journal: boolean;
  /** Partitions of the log, at least. */
  readonly partitions: number;
  /** How busy a processor core may be at the peak. */
  readonly busy: number;
  /** Bytes above which a database is divided. */
  readonly largest: number;
}

/** Rows of the tables that grow. */
export interface Rows {
  /** On the list after one hard bounce. */
  readonly bounced: number;
  /** On the list after deferrals. */
  readonly persistent: number;
  readonly deferred: number;
  /** Healthy again: the row is kept for the number of its last published change. */
  readonly recovered: number;
  /** Failures kept of those that were deferred. */
  readonly tries: number;
  readonly changes: number;
  readonly rollups: number;
  readonly auditEntries: number;
  readonly erased: number;
  readonly messages: number;
  readonly journal: number;
}

export interface Size {
  readonly table: string;
  /** Null: the table itself. */
  readonly index: string | null;
  readonly rows: number;
  readonly bytes: number;
}

export interface Plan {
  readonly events: { readonly perSecond: number; readonly peakPerSecond: number; readonly perSecondAndCore: number };
  readonly engines: {
    /** Processor cores that are busy at the peak. */
    readonly cores: number;
    readonly processes: number;
    readonly partitions: number;
    /** Bytes of one process. */
    readonly memory: number;
    /** Seconds in which a process that starts reads who is tracked. */
    readonly readyAfter: number;
  };
  readonly postgres: {
    readonly bytes: number;
    readonly bytesInAYear: number;
    /** Of it: what commits and checks look for all the time. */
    readonly hot: number;
    readonly memory: number;
    readonly cores: number;
    readonly walPerDay: number;
  };
  /** How many databases, each of an installation of its own with its share of the tenants; the figures above are those of all together. */
  readonly databases: number;
  readonly sizes: readonly (Size & { readonly bytesInAYear: number })[];
  /** What to look at, in words. */
  readonly notes: readonly string[];
}

// -------------------------------------------------------------------------------------------------- what was measured

/** Points of a curve: straight between them, level beyond the last one, because evidence is bounded to 96 failures. */
type Curve = readonly (readonly [x: number, y: number])[];

/**
 * `npm run bench:capacity -- --rows 1000000`: bytes of a row of `recipient` as first written, by failures kept. A page takes a whole number of rows,
 * and above 2,000 bytes Postgres compresses, so what was measured falls between 8 and 16; here more failures never take less.
 */
const DEFERRED: Curve = [
  [1, 1_171],
  [2, 1_638],
  [4, 2_049],
  [8, 2_732],
];
const PERSISTENT: Curve = [
  [4, 1_639],
  [8, 2_049],
  [32, 2_732],
  [96, 3_108],
];
const BOUNCED = 2_732;
const RECOVERED = 684;
/**
 * As above, at fill factor 70 and eight failures: how much larger rows that were written again with each failure are, and their indexes in the end,
 * when no vacuum comes.
 */
const REWRITTEN = { rows: 1.45, indexes: 1.52 } as const;
const AS_FIRST_WRITTEN = { rows: 1, indexes: 1 } as const;

/** As above: bytes of a row in each index of `recipient`, by whose rows it has. */
const OF_EVERY_RECIPIENT = { recipient_pkey: 22, recipient_tenant_address_key: 77, recipient_domain: 70, recipient_prefix: 77 } as const;
const OF_TRACKED = {
  recipient_tracked: 46,
  recipient_tracked_of_tenant: 32,
  recipient_deadline: 32,
  recipient_deadline_of_tenant: 41,
} as const;

/** As above: the other tables and their indexes. */
const OTHERS = {
  suppression: { row: 293, indexes: { suppression_pkey: 41, suppression_reason: 50, suppression_since: 8 } },
  recipient_event: { row: 630, indexes: { recipient_event_pkey: 32, recipient_event_sequence: 32 } },
  rollup_hour: { row: 130, indexes: { rollup_hour_pkey: 121 } },
  audit_entry: { row: 204, indexes: { audit_entry_pkey: 23, audit_entry_at: 32, audit_entry_tenant: 41, audit_entry_address: 97 } },
  forgotten: { row: 182, indexes: { forgotten_pkey: 100, forgotten_partition: 8 } },
  message_memory: { row: 216, indexes: { message_memory_pkey: 89, message_memory_kept_until: 23 } },
  journal: { row: 431, indexes: { journal_pkey: 80 } },
} as const;

/** As above: bytes of WAL for a hard bounce, and for a deferral. */
const WAL_OF_BOUNCE = 5_882;
const WAL_OF_DEFERRAL = 1_869;

/** As above: bytes of an engine's memory for each recipient that is tracked, those on the list included. */
const MEMORY_OF_TRACKED = 115;
/** `npm run bench -- --rounds 2` (docs/performance.md): the largest peak of one process, with 10 % failures. */
const MEMORY_OF_ENGINE = 920e6;
/** As above, of one process: µs of a processor core for an event, with no failure and for each whole failure (12.0 at 2 %, 22.6 at 10 %). */
const MICROS_OF_EVENT = 9.4;
const MICROS_OF_FAILURE = 132;
/** `npm run bench -- --events 200000 --rounds 1 --tracked 0`, on a machine full of other work: the same of Postgres (35.4 at 2 %, 58.4 at 10 %). */
const POSTGRES_MICROS_OF_EVENT = 29.7;
const POSTGRES_MICROS_OF_FAILURE = 287;
/** `npm run bench -- --rounds 2`: 1,000,000 tracked recipients were read in 8.9 s. */
const READ_PER_SECOND = 1e6 / 8.9;

// ------------------------------------------------------------------------------------------- what follows from the code

/** Keys of a Map of V8 at most: every partition keeps its tracked recipients in one. A rule: it is to be at most three quarters full. */
const TRACKED_OF_PARTITION = 0.75 * 2 ** 24;
/** Roll-ups are kept so many days, and so many cells begin in a partition and hour at most (ADR 60). */
const ROLLUPS_KEPT = 396;
const CELLS = 4 * (4_096 + 4_096 + 2_048 + 2_048);
/** Published changes: of a hard bounce; of somebody deferred until suppressed; of somebody who recovers after a day; of whoever leaves the list. */
const CHANGES = { bounced: 1, persistent: 4, recovered: 2, removed: 1 } as const;
/** Days in the journal (`KEEP` in packages/runtime/src/retention.ts). */
const EVENTS_KEPT = 14;
const PUBLISHED_KEPT = 90;

// ------------------------------------------------------------------------------------------------------------ rules

/** Kinds of figures of a stream at a provider (delivered, deferred and bounced by category), and of a domain. */
const KINDS = 5;
const KINDS_OF_DOMAIN = 3;
/** Tracked recipients that one process is to hold: it reads them in three minutes, and keeps them in 2.3 GB. */
const TRACKED_OF_PROCESS = 20e6;
/** Cores of one Postgres server, above which the load is divided too. */
const CORES_OF_SERVER = 32;
/** Memory of a server beside what is hot: connections, maintenance, the operating system. */
const SERVER_ITSELF = 2e9;

/** Events a day from which Kafka is the better log. */
const JOURNAL_TO = 10_000_000;

const SECONDS_OF_DAY = 86_400;

/** Bytes of each table and index with these rows, as first written. */
export function sizesOf(rows: Rows): readonly Size[] {
  return sizesWith(rows, AS_FIRST_WRITTEN);
}

function sizesWith(rows: Rows, rewritten: { readonly rows: number; readonly indexes: number }): readonly Size[] {
  const { bounced, persistent, deferred, recovered, tries } = rows;
  const listed = bounced + persistent;
  const retried = persistent + deferred;
  const recipients = listed + deferred + recovered;
  /** A row that finds no place in its page has an entry more in each index. */
  const more = (rewritten.indexes - 1) * retried;
  const entries = recipients + more;
  const tracked = listed + deferred + more;
  const heap =
    BOUNCED * bounced +
    RECOVERED * recovered +
    rewritten.rows * (valueAt(PERSISTENT, tries) * persistent + valueAt(DEFERRED, tries) * deferred);
  const sizes: Size[] = [{ table: 'recipient', index: null, rows: recipients, bytes: heap }];
  for (const [index, bytes] of Object.entries(OF_EVERY_RECIPIENT)) {
    sizes.push({ table: 'recipient', index, rows: recipients, bytes: bytes * entries });
  }
  for (const [index, bytes] of Object.entries(OF_TRACKED)) {
    sizes.push({ table: 'recipient', index, rows: listed + deferred, bytes: bytes * tracked });
  }
  const counts: Readonly<Record<keyof typeof OTHERS, number>> = {
    suppression: listed,
    recipient_event: rows.changes,
    rollup_hour: rows.rollups,
    audit_entry: rows.auditEntries,
    forgotten: rows.erased,
    message_memory: rows.messages,
    journal: rows.journal,
  };
  for (const [table, { row, indexes }] of Object.entries(OTHERS)) {
    const count = counts[table as keyof typeof OTHERS];
    sizes.push({ table, index: null, rows: count, bytes: row * count });
    for (const [index, bytes] of Object.entries(indexes)) sizes.push({ table, index, rows: count, bytes: bytes * count });
  }
  return sizes;
}

/** What these rates need, now and after a year of them. */
export function planFor(rates: Rates): Plan {
  const perSecond = rates.eventsPerDay / SECONDS_OF_DAY;
  const peakPerSecond = perSecond * rates.peak;
  const micros = MICROS_OF_EVENT + MICROS_OF_FAILURE * rates.failing;
  const cores = (peakPerSecond * micros) / 1e6;
  const tracked = rates.list + rates.tracked;
  const yearly = { list: Math.max(0, rates.list + 365 * (rates.added - rates.removed)), past: 365 * (rates.removed + rates.recovered) };
  const trackedInAYear = Math.max(tracked, yearly.list + rates.tracked);
  const processes = Math.max(1, Math.ceil(cores / rates.busy), Math.ceil(trackedInAYear / TRACKED_OF_PROCESS));
  const wanted = Math.max(rates.partitions, 2 * processes, trackedInAYear / TRACKED_OF_PARTITION);
  const partitions = wanted <= rates.partitions ? rates.partitions : 12 * Math.ceil(wanted / 12);

  const now = sizesWith(rowsOf(rates, { partitions, list: rates.list, past: 0 }), REWRITTEN);
  const inAYear = sizesWith(rowsOf(rates, { partitions, ...yearly }), REWRITTEN);
  const bytes = total(now);
  const bytesInAYear = total(inAYear);
  const hot = total(inAYear.filter(isHot));
  const postgresCores = (peakPerSecond * (POSTGRES_MICROS_OF_EVENT + POSTGRES_MICROS_OF_FAILURE * rates.failing)) / 1e6 / rates.busy;
  const bounces = Math.min(rates.added * (1 - rates.persistent), rates.eventsPerDay * rates.failing);
  const deferrals = rates.eventsPerDay * rates.failing - bounces;
  const databases = Math.max(1, Math.ceil(Math.max(bytes, bytesInAYear) / rates.largest), Math.ceil(postgresCores / CORES_OF_SERVER));
  const plan = {
    events: { perSecond, peakPerSecond, perSecondAndCore: 1e6 / micros },
    engines: {
      cores,
      processes,
      partitions,
      memory: MEMORY_OF_ENGINE + (MEMORY_OF_TRACKED * trackedInAYear) / processes,
      readyAfter: trackedInAYear / processes / READ_PER_SECOND,
    },
    postgres: {
      bytes,
      bytesInAYear,
      hot,
      memory: SERVER_ITSELF + hot,
      cores: postgresCores,
      walPerDay: bounces * WAL_OF_BOUNCE + deferrals * WAL_OF_DEFERRAL,
    },
    databases,
    sizes: now.map((size, n) => ({ ...size, bytesInAYear: inAYear[n]?.bytes ?? 0 })),
  };
  return { ...plan, notes: notesOf(rates, plan) };
}

/** Rows once everything has been kept for as long as it is kept. */
function rowsOf(rates: Rates, at: { readonly partitions: number; readonly list: number; readonly past: number }): Rows {
  const changes =
    rates.added * (CHANGES.bounced * (1 - rates.persistent) + CHANGES.persistent * rates.persistent) +
    rates.removed * CHANGES.removed +
    rates.recovered * CHANGES.recovered;
  return {
    bounced: at.list * (1 - rates.persistent),
    persistent: at.list * rates.persistent,
    deferred: rates.tracked,
    recovered: at.past,
    tries: rates.tries,
    changes: changes * rates.historyKept,
    rollups: rollupsPerHour(rates, at.partitions) * 24 * ROLLUPS_KEPT,
    auditEntries: rates.commands * rates.auditKept,
    erased: rates.erased,
    messages: rates.eventsPerDay * rates.messageMemory,
    journal: rates.journal ? rates.eventsPerDay * EVENTS_KEPT + changes * PUBLISHED_KEPT + at.list : 0,
  };
}

/** Each partition has rows of its own: one for each series that has an event in this hour, and a bounded number of them. */
function rollupsPerHour({ eventsPerDay, failing, tenants, providers, streams, domains }: Rates, partitions: number): number {
  const events = eventsPerDay / 24 / partitions;
  const cells =
    seen(tenants * providers * streams * KINDS, events) +
    seen(tenants * domains * KINDS_OF_DOMAIN, events) +
    seen(tenants * domains * KINDS_OF_DOMAIN, events * failing);
  return partitions * Math.min(CELLS, cells);
}

/** How many of so many series occur among so many events, if all are equally frequent: real ones are not, and fewer occur. */
function seen(series: number, events: number): number {
  return series === 0 ? 0 : -series * Math.expm1(-events / series);
}

const HOT = new Set(['recipient_pkey', 'recipient_tenant_address_key', 'recipient_tracked', 'suppression_pkey']);

/** Looked for by every commit and check: wherever the address hashes to, so all of these indexes, and a page of the table for each that is found. */
function isHot({ index }: Size): boolean {
  return index !== null && HOT.has(index);
}

function notesOf(rates: Rates, { engines, databases, postgres }: Omit<Plan, 'notes'>): readonly string[] {
  const notes: string[] = [];
  if (databases > 1) {
    notes.push(
      rates.tenants < databases
        ? `a tenant cannot be divided: with ${rates.tenants} there are at most as many databases; larger servers, or a shorter retention, are what is left`
        : 'divide the tenants: each installation has its own DATABASE_URL, topics and KAFKA_GROUP_ID; producers and checks choose by tenant',
    );
  }
  if (engines.partitions > rates.partitions) {
    notes.push(`the number of partitions is final: set DESIST_PARTITIONS=${engines.partitions} before the first \`desist migrate\``);
  }
  if (rates.journal && rates.eventsPerDay > JOURNAL_TO) notes.push('use Kafka: the journal writes every event into the database');
  if (postgres.walPerDay > 100e9) notes.push('put the WAL on a disk of its own, and raise max_wal_size');
  return notes;
}

function valueAt(curve: Curve, x: number): number {
  let [low] = curve;
  for (const point of curve) {
    if (low !== undefined && x < point[0])
      return x <= low[0] ? low[1] : low[1] + ((point[1] - low[1]) * (x - low[0])) / (point[0] - low[0]);
    low = point;
  }
  return low?.[1] ?? 0;
}

function total(sizes: readonly Size[]): number {
  return sizes.reduce((sum, { bytes }) => sum + bytes, 0);
}
