/**
 * One simulated world, as plain data that follows from a seed: what the log is given and when, which hosts run engines, and
 * what goes wrong. Everything in it can be left out again, which is how a failing one is made small.
 */
import { asTenant, DAY, ENGAGEMENT_KINDS, HOUR, MINUTE } from '@desist/domain';
import type { Incident, IncidentNotice, LogEvent } from '@desist/domain';
import type { Limits } from '@desist/pipeline';
import {
  accepted,
  allow,
  amend,
  bounced,
  complained,
  deferred,
  delivered,
  engaged,
  disallow,
  expired,
  gaveUp,
  release,
  START,
  suppress,
  unsubscribed,
} from '../support/oracle/events.ts';
import type { Random } from './random.ts';
import { createRandom } from './random.ts';

export interface Scenario {
  readonly seed: number;
  /** Of the choices that the scheduler makes. */
  readonly schedule: number;
  readonly partitions: number;
  readonly hosts: readonly HostPlan[];
  /** Records of a fetch at most. */
  readonly batch: number;
  readonly limits: Limits;
  /** How probable it is at each step that the log gets its next record. */
  readonly pace: number;
  readonly records: readonly Planned[];
  readonly faults: readonly Fault[];
  /** From the last record to the end of the world, ms. */
  readonly after: number;
}

export interface HostPlan {
  /** Its clock minus the true time, ms. */
  readonly skew: number;
  /** It starts when the log has so many records. */
  readonly from: number;
  /** Lets go of its partitions before it joins again (or only after). */
  readonly drains: boolean;
}

/** What the log is given, and when, ms. */
export type Planned =
  | { readonly kind: 'event'; readonly at: number; readonly event: LogEvent; readonly poison: boolean }
  | { readonly kind: 'junk'; readonly at: number; readonly key: string }
  /** Goes to every partition, or to those below `below`: whoever tells it died on the way. */
  | { readonly kind: 'incident'; readonly at: number; readonly notice: IncidentNotice; readonly below: number }
  /** An offset that no record has. */
  | { readonly kind: 'gap'; readonly at: number; readonly partition: number };

export type CommitFate = 'unavailable' | 'lost_before' | 'lost_after' | 'late';
/** Of a relay's append: not stored; stored, and the answer lost; stored much later, and waited for or given up. */
export type AppendFate = 'none' | 'all' | 'slow' | 'late';

/** `at`: the how manieth continuation of the host, call of that kind, or step of the scheduler. */
export type Fault =
  | { readonly kind: 'crash' | 'expel' | 'leave'; readonly host: number; readonly at: number }
  | { readonly kind: 'stop'; readonly host: number; readonly at: number; readonly steps: number; readonly expelled: boolean }
  | { readonly kind: 'commit'; readonly at: number; readonly fate: CommitFate }
  | { readonly kind: 'append'; readonly at: number; readonly fate: AppendFate }
  /** The answer of any other call to the store. */
  | { readonly kind: 'answer'; readonly at: number }
  | { readonly kind: 'away'; readonly of: 'database' | 'log'; readonly at: number; readonly steps: number }
  | { readonly kind: 'rebalance'; readonly at: number }
  /**
   * At this step the database goes back to what it was so many steps before: as a copy that knows that it is one (a promoted standby, a
   * restored dump), or as the same files.
   */
  | { readonly kind: 'restored'; readonly at: number; readonly back: number; readonly asCopy: boolean };

export function scenarioOf(seed: number): Scenario {
  const random = createRandom(seed ^ INCIDENTS);
  const plain = withOperators(createRandom(seed ^ OPERATORS), plainScenarioOf(seed));
  return random.chance(0.4) ? withIncidents(random, plain) : plain;
}

/** The same world, and beside it a tenant that invents bounces, providers, complaints and incidents of its own. */
export function hostileScenarioOf(seed: number): Scenario {
  return withHostile(createRandom(seed ^ HOSTILE_CHOICES), scenarioOf(seed));
}

/** The same world, and in it the database goes back in time, once or twice. */
export function restoredScenarioOf(seed: number): Scenario {
  const random = createRandom(seed ^ RESTORED_CHOICES);
  const plain = scenarioOf(seed);
  const restored = Array.from({ length: random.between(1, 2) }, (): readonly Fault[] => {
    const at = random.between(40, 900);
    const back = random.between(1, Math.min(at - 1, random.pick([30, 150, 800])));
    const gone: Fault = { kind: 'restored', at, back, asCopy: random.chance(0.6) };
    if (random.chance(0.5)) return [gone];
    // The partitions change hands in what is lost, and again behind it.
    const changing = [at - random.between(1, back), at + random.between(1, 30)];
    return [gone, ...changing.map((step): Fault => ({ kind: 'rebalance', at: step }))];
  });
  return { ...plain, faults: [...plain.faults, ...restored.flat()] };
}
const RESTORED_CHOICES = 0x7f4a7c15;

/** Chosen apart, so that worlds without incidents are what they were before there were any. */
const INCIDENTS = 0x5bd1e995;
const OPERATORS = 0x2c1b3c6d;

function plainScenarioOf(seed: number): Scenario {
  const random = createRandom(seed);
  const partitions = random.between(1, 3);
  const hosts = Array.from({ length: random.between(2, 4) }, () => random.between(0, 2));
  const people = random.between(2, 5);
  const records = arrivals(random, people, partitions);
  // Now and then nobody reads for days.
  const backlog = random.chance(0.2) ? random.between(5, records.length) : 0;
  return {
    seed,
    schedule: seed,
    partitions,
    hosts: hosts.map((drains, index) => ({
      skew: random.weighted<number>([
        [8, 0],
        [2, random.between(-25_000, 25_000)],
        [1, random.pick([HOUR, -HOUR, 30 * DAY, -30 * DAY])],
      ]),
      from: index === 0 || random.chance(0.5) ? backlog : Math.max(backlog, random.between(0, records.length)),
      drains: drains > 0,
    })),
    batch: random.between(1, 6),
    limits: { records: random.between(2, 9), rows: random.between(1, 4), interval: random.pick([1, 200, 5_000]) },
    pace: random.pick([0.01, 0.03, 0.1, 0.4]),
    records,
    faults: faultsOf(random, hosts.length),
    after: random.pick([HOUR, 30 * HOUR, 50 * HOUR, 80 * HOUR, 8 * DAY, 40 * DAY, 100 * DAY]),
  };
}

// ------------------------------------------------------------------------------------------------ faults

function faultsOf(random: Random, hosts: number): Fault[] {
  return Array.from({ length: random.between(0, 8) }, () => faultOf(random, hosts));
}

function faultOf(random: Random, hosts: number): Fault {
  const host = random.between(0, hosts - 1);
  const at = random.between(1, 250);
  const steps = random.between(20, 400);
  return random.weighted<Fault>([
    [4, { kind: 'crash', host, at }],
    [4, { kind: 'stop', host, at, steps, expelled: random.chance(0.8) }],
    [2, { kind: 'expel', host, at }],
    [2, { kind: 'leave', host, at }],
    [6, { kind: 'commit', at: random.between(1, 40), fate: random.pick(['unavailable', 'lost_before', 'lost_after', 'late']) }],
    [3, { kind: 'append', at: random.between(1, 6), fate: random.pick(['none', 'all', 'slow', 'late', 'late']) }],
    [1, { kind: 'answer', at: random.between(1, 80) }],
    [1, { kind: 'away', of: random.pick(['database', 'log']), at: random.between(1, 600), steps: Math.ceil(steps / 3) }],
    [1, { kind: 'rebalance', at: random.between(1, 600) }],
  ]);
}

// ----------------------------------------------------------------------------------------------- records

interface Arriving {
  readonly at: number;
  readonly event: LogEvent;
}

/** Everybody's events as they arrive: late, repeated, mixed with what is no event. */
function arrivals(random: Random, people: number, partitions: number): Planned[] {
  const all: Arriving[] = [];
  for (let who = 0; who < people; who += 1) all.push(...arrivalsOf(random, lifeOf(random, `r${who}@example.com`)));
  // At one moment a delivery or proof of life comes last: the failures of that moment happened before it.
  const rank = ({ event }: Arriving): number => (leavesNoTrace(event) ? 1 : 0);
  const inOrder = all.toSorted((a, b) => a.at - b.at || rank(a) - rank(b));
  const poison = random.chance(0.08) ? random.between(0, inOrder.length - 1) : -1;
  const planned: Planned[] = inOrder.map(({ at, event }, index) => ({
    kind: 'event',
    at,
    event,
    poison: index === poison && event.type === 'deferred',
  }));
  for (let junk = random.between(0, 2); junk > 0; junk -= 1) {
    const index = random.between(0, planned.length - 1);
    planned.splice(index, 0, {
      kind: 'junk',
      at: (planned[index] as Planned).at,
      key: `acme/r${random.between(0, people - 1)}@example.com`,
    });
  }
  for (let gap = random.between(0, 2); gap > 0; gap -= 1) {
    const index = random.between(0, planned.length - 1);
    planned.splice(index, 0, { kind: 'gap', at: (planned[index] as Planned).at, partition: random.between(0, partitions - 1) });
  }
  return planned;
}

/** Of somebody against whom there is nothing. */
function leavesNoTrace({ type }: LogEvent): boolean {
  return type === 'delivered' || type === 'engaged';
}

/**
 * A delivery of somebody against whom there is nothing, and proof of life, leave no trace (docs/guarantees.md): what happened before it and comes
 * after it is not generated.
 */
function arrivalsOf(random: Random, life: readonly LogEvent[]): Arriving[] {
  const arriving: Arriving[] = [];
  for (const event of life.toReversed()) {
    const late = event.occurredAt + (random.chance(0.2) ? random.between(1, 24 * HOUR) : 0);
    const overtaken = arriving.some((other) => leavesNoTrace(other.event) && other.at <= late);
    const at = overtaken && !leavesNoTrace(event) ? event.occurredAt : late;
    arriving.push({ at, event });
    for (
      let repeats = random.weighted([
        [8, 0],
        [2, 1],
        [1, 2],
      ]);
      repeats > 0;
      repeats -= 1
    ) {
      arriving.push({ at: at + random.pick([0, random.between(0, MINUTE), random.between(0, 30 * HOUR)]), event });
    }
  }
  return arriving;
}

// --------------------------------------------------------------------------------------------- operators

/** In some worlds operators also amend entries, and make entries for domains, now and then late. */
function withOperators(random: Random, plain: Scenario): Scenario {
  if (!random.chance(0.35)) return plain;
  const records: Planned[] = [...plain.records];
  for (let count = random.between(2, 12); count > 0; count -= 1) {
    const place = random.between(0, records.length);
    const at = (records[Math.min(place, records.length - 1)] as Planned).at;
    const occurredAt = random.chance(0.8) ? at : at - random.pick([1, HOUR, 30 * HOUR]);
    const event = ofOperator(random, occurredAt, `op${count}`);
    records.splice(place, 0, { kind: 'event', at, event, poison: false });
  }
  return { ...plain, records };
}

function ofOperator(random: Random, at: number, id: string): LogEvent {
  const isDomain = random.chance(0.5);
  const recipient = isDomain ? random.pick(['@example.com', '@mail.example.com']) : `r${random.between(0, 2)}@example.com`;
  const scope = random.pick(['*', '*', 'transactional', 'marketing']);
  const until = random.weighted<object>([
    [2, {}],
    [2, { until: at + random.pick([0, HOUR, DAY, 5 * DAY, 40 * DAY]) }],
  ]);
  const common = { id, recipient, scope, by: random.pick(['alice', 'bob']), note: random.pick(['asked', 'ticket', '']) };
  if (!isDomain || random.chance(0.3)) {
    const end = random.chance(0.2) ? { until: null } : until;
    return amend(at, { ...common, ...end, force: random.chance(0.4), ...(isDomain ? { subdomains: random.chance(0.5) } : {}) });
  }
  if (random.chance(0.25)) return release(at, common);
  return suppress(at, { ...common, ...until, ...(random.chance(0.5) ? { subdomains: true } : {}) });
}

// --------------------------------------------------------------------------------------------- incidents

/** One or two incidents, told up to four times in all; many in small steps, in one partition, so that something happens in between. */
function withIncidents(random: Random, plain: Scenario): Scenario {
  const events = plain.records.flatMap((planned) => (planned.kind === 'event' ? [planned.event.occurredAt] : []));
  const terms = [termsOf(random, events), termsOf(random, events)];
  const count = random.between(1, 4);
  const places = Array.from({ length: count }, () => random.between(Math.floor(plain.records.length / 4), plain.records.length));
  const told: IncidentNotice[] = [];
  const tellings = places
    .sort((a, b) => a - b)
    .map((place): readonly [number, Planned] => {
      const at = plain.records[Math.min(place, plain.records.length - 1)]?.at ?? 0;
      const repeated = told.length > 0 && random.chance(0.2) ? random.pick(told) : undefined;
      const notice = repeated ?? noticeOf(random, { terms, told, at, partitions: plain.partitions });
      told.push(notice);
      return [place, { kind: 'incident', at, notice, below: random.chance(0.1) ? random.between(0, 2) : EVERY }];
    });
  const records: Planned[] = [...plain.records];
  for (const [place, telling] of tellings.toReversed()) records.splice(place, 0, telling);
  return {
    ...plain,
    partitions: random.chance(0.5) ? 1 : plain.partitions,
    limits: { ...plain.limits, rows: random.chance(0.6) ? 1 : plain.limits.rows },
    records,
    faults: [...plain.faults, ...faultsOf(random, plain.hosts.length).slice(0, 3)],
  };
}

export const EVERY = 1_000;

/** A window that hits a part of the lives. Terms are made once for each incident; only its end may be told later. */
function termsOf(random: Random, events: readonly number[]): Incident['terms'] {
  const from = random.pick(events) + random.pick([0, 0, 1, -HOUR, -DAY]);
  const named = random.weighted<Pick<Incident['terms'], 'provider' | 'domain'>>([
    [5, { provider: 'example.com', domain: null }],
    [4, { provider: null, domain: 'example.com' }],
    [1, { provider: null, domain: 'example.org' }],
  ]);
  const code = random.weighted<string | null>([
    [5, null],
    [1, '4.2.2'],
    [1, '550'],
    [1, '550 5.1.1'],
  ]);
  return {
    tenant: random.chance(0.3) ? asTenant('acme') : null,
    ...named,
    code,
    text: random.chance(0.1) ? 'MAILBOX' : null,
    from,
    until: random.chance(0.4) ? null : from + random.pick([1, HOUR, 12 * HOUR, 2 * DAY, 10 * DAY]),
  };
}

interface Announcing {
  readonly terms: readonly Incident['terms'][];
  /** Announced before. */
  readonly told: readonly IncidentNotice[];
  readonly at: number;
  readonly partitions: number;
}

function noticeOf(random: Random, { terms, told, at, partitions }: Announcing): IncidentNotice {
  const which = random.weighted([
    [3, 0],
    [1, 1],
  ]);
  const id = `incident-${which}`;
  const before = told.filter((one) => one.id === id);
  const revision = Math.max(0, ...before.map((one) => one.revision)) + 1;
  const last = before.find((one) => one.revision === revision - 1);
  const own = last?.terms ?? (terms[which] as Incident['terms']);
  const rest = { id, revision, at: at + told.length, announcedBy: random.between(0, partitions - 1), summary: null, note: null };
  if (last?.action === 'opened' && random.chance(0.6)) {
    return { ...rest, action: 'closed', excludes: true, terms: { ...own, until: Math.max(at, own.from + 1) }, by: null };
  }
  const excludes = last?.excludes !== true;
  if (last === undefined && random.chance(0.3)) return { ...rest, action: 'opened', excludes, terms: { ...own, until: null }, by: null };
  return { ...rest, action: excludes ? 'voided' : 'restored', excludes, terms: own, by: 'operator' };
}

// ------------------------------------------------------------------------------------------ hostile tenant

export const HOSTILE = 'mallory';
const HOSTILE_CHOICES = 0x3c6ef372;

/** Its records come between those of the others, at their times; its recipients are at the others' provider and at providers of its own. */
function withHostile(random: Random, plain: Scenario): Scenario {
  const records: Planned[] = [];
  const tellings = [1, 2, 3, 4].slice(0, random.between(1, 4));
  let invented = 0;
  for (const planned of plain.records) {
    records.push(planned);
    const { at } = planned;
    for (
      let burst = random.weighted([
        [4, 0],
        [2, 1],
        [1, 5],
      ]);
      burst > 0;
      burst -= 1
    ) {
      records.push({ kind: 'event', at, event: inventedEvent(random, at, (invented += 1)), poison: false });
    }
    if (tellings.length > 0 && random.chance(0.15)) {
      const notice = hostileNotice(at, tellings.shift() ?? 1, random.between(0, plain.partitions - 1));
      records.push({ kind: 'incident', at, notice, below: EVERY });
    }
  }
  return { ...plain, records };
}

function inventedEvent(random: Random, at: number, serial: number): LogEvent {
  const domain = random.weighted([
    [3, 'example.com'],
    [1, `invented${serial}.example`],
  ]);
  const common = { id: `${HOSTILE}-${serial}`, tenant: HOSTILE, message: `x${serial}` };
  const failing = { ...common, recipient: `x${random.between(0, 3)}@${domain}` };
  return random.weighted<() => LogEvent>([
    [5, () => bounced(at, failing)],
    [2, () => deferred(at, failing)],
    [1, () => complained(at, failing)],
    [1, () => delivered(at, { ...common, recipient: `ok${serial}@${domain}` })],
  ])();
}

/** Opened over all that happens, closed, restored, voided: whatever is decided about it, the others' failures count. */
function hostileNotice(at: number, revision: number, announcedBy: number): IncidentNotice {
  const action = (['opened', 'closed', 'restored', 'voided'] as const)[revision - 1] ?? 'voided';
  const until = action === 'opened' ? null : at + 1;
  return {
    ...{ id: `${HOSTILE}s-own`, revision, action, excludes: action !== 'restored', at, announcedBy, summary: null, note: null },
    terms: { tenant: asTenant(HOSTILE), provider: 'example.com', domain: null, code: null, text: null, from: START - DAY, until },
    by: null,
  };
}

// ------------------------------------------------------------------------------------------------- lives

const GAPS = ['1ms', '20m', '6h', '9h', '14h', '20h', '24h', '48h', '48h+1ms'] as const;
const LEANINGS = ['failing', 'failing', 'bouncing', 'mixed', 'healthy'] as const;

/** What happens to one recipient, in order. */
function lifeOf(random: Random, recipient: string): LogEvent[] {
  const leaning = random.pick(LEANINGS);
  const life: LogEvent[] = [];
  let at = START + random.between(0, 24) * HOUR;
  for (let count = random.between(2, 9); count > 0; count -= 1) {
    const message = `m${random.between(1, 3)}`;
    const options = { id: `${recipient}-${life.length}`, recipient, message };
    life.push(eventOf(random, leaning, at, options));
    at += spanOf(
      random.weighted([
        [1, '1ms'],
        [1, '20m'],
        [8, random.pick(['6h', '9h', '14h', '20h'])],
        [2, random.pick(GAPS)],
      ]),
    );
  }
  return life;
}

const SPANS: Readonly<Record<string, number>> = {
  '1ms': 1,
  '20m': 20 * MINUTE,
  '6h': 6 * HOUR,
  '9h': 9 * HOUR,
  '14h': 14 * HOUR,
  '20h': 20 * HOUR,
  '24h': 24 * HOUR,
  '48h': 48 * HOUR,
  '48h+1ms': 48 * HOUR + 1,
};
const spanOf = (text: string): number => SPANS[text] ?? 0;

interface Common {
  readonly id: string;
  readonly recipient: string;
  readonly message: string;
}

function eventOf(random: Random, leaning: (typeof LEANINGS)[number], at: number, common: Common): LogEvent {
  const scope = random.pick(['*', 'transactional', 'marketing']);
  const until = random.chance(0.5) ? {} : { until: at + random.pick([HOUR, DAY, 5 * DAY]) };
  const command = { id: common.id, recipient: common.recipient, scope };
  const weights = {
    failing: [9, 1, 0, 1, 1, 0, 0],
    bouncing: [2, 3, 3, 4, 0, 1, 1],
    mixed: [4, 2, 1, 1, 1, 3, 5],
    healthy: [1, 12, 0, 0, 0, 0, 0],
  }[leaning];
  const kind = random.weighted(weights.map((weight, index) => [weight, index] as const));
  switch (kind) {
    case 0:
      return deferred(at, { ...common, reply: random.pick(['mailbox_full', 'mailbox_full', 'user_unknown_450']) });
    case 1:
      return random.chance(0.25) ? engaged(random.pick(ENGAGEMENT_KINDS), at, common) : delivered(at, common);
    case 2:
      return bounced(at, common);
    case 3:
      return random.chance(0.5) ? gaveUp(at, common) : expired(at, { ...common, reply: 'mailbox_full' });
    case 4:
      return random.chance(0.5) ? deferred(at, { ...common, reply: 'rate_limited' }) : accepted(at, common);
    case 5:
      return random.chance(0.5) ? complained(at, common) : unsubscribed(at, common);
    default:
      return random.weighted<LogEvent>([
        [3, suppress(at, { ...command, ...until })],
        [3, release(at, { ...command, force: random.chance(0.3) })],
        [1, allow(at, { ...command, ...until })],
        [1, disallow(at, command)],
      ]);
  }
}
