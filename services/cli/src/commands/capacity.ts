/** `desist capacity`: what an installation needs, from its rates. */
import { DAY } from '@desist/domain';
import { parseDuration } from '@desist/formats/event';
import { duration } from '../advice.ts';
import type { Plan, Rates } from '../capacity.ts';
import { planFor } from '../capacity.ts';
import type { Value } from '../command.ts';
import { defineCommand, flag, JSON_OPTION } from '../command.ts';
import { paint, say, sayJson, table } from '../terminal.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };
/** Nobody has more of anything here, and no figure leaves the whole numbers. */
const MOST = 1e13;

/** A number, also as `250k`, `10M`, `1.5G`. */
function amount<P extends 'optional' | 'given'>(summary: string, presence: P, otherwise?: string, least = 0): Value<number, P> {
  const read = (text: string): number => {
    const [, digits, unit] = /^(\d{1,13}(?:\.\d{1,3})?)([kMGT]?)$/.exec(text) ?? [];
    const found = digits === undefined ? Number.NaN : Number(digits) * (UNITS[unit ?? ''] ?? Number.NaN);
    if (!(found >= least && found <= MOST)) throw new Error(`must be a number from ${least} to 10T, such as 2500, 250k or 10M`);
    return found;
  };
  return { kind: 'value', placeholder: 'N', summary, read, presence, ...(otherwise === undefined ? {} : { otherwise }) };
}

/** A share, as `5%` or `0.05`. */
function share(summary: string, otherwise: string, least = 0): Value<number, 'given'> {
  const read = (text: string): number => {
    const [, digits, sign] = /^(\d{1,3}(?:\.\d{1,4})?)(%?)$/.exec(text) ?? [];
    const found = digits === undefined ? Number.NaN : Number(digits) / (sign === '%' ? 100 : 1);
    if (!(found >= least && found <= 1)) throw new Error(`must be a share from ${least * 100}% to 100%, such as 5% or 0.05`);
    return found;
  };
  return { kind: 'value', placeholder: 'SHARE', summary, read, presence: 'given', otherwise };
}

/** The value is days. */
function days(summary: string, otherwise: string): Value<number, 'given'> {
  const read = (text: string): number => {
    const found = text === '0' ? 0 : parseDuration(text);
    if (found === undefined || found > 10_000 * DAY) throw new Error('must be a duration of up to 10000d, such as 400d, or 0');
    return found / DAY;
  };
  return { kind: 'value', placeholder: 'DURATION', summary, read, presence: 'given', otherwise };
}

const OPTIONS = {
  events: amount('events a day: every delivery, deferral and bounce is one', 'given', '10M', 1),
  failing: share('of the events: deferrals and bounces', '5%'),
  peak: amount('the busiest hour, as a multiple of the mean one', 'given', '3', 1),
  list: amount('recipients on the suppression list', 'given', '1M'),
  added: amount('recipients that come onto the list, a day; default one for a thousand events', 'optional'),
  removed: amount('recipients that leave the list, a day: released, expired; default a tenth of --added', 'optional'),
  persistent: share('of the list: suppressed by persistent deferral and not by one hard bounce', '10%'),
  tracked: amount('recipients deferred now or within the past 7 days; default from --events, --failing and --tries', 'optional'),
  recovered: amount('recipients deferred for more than a day that take mail in the end, a day; default as many as --added', 'optional'),
  tries: amount('failures of an address while it is deferred', 'given', '8', 1),
  tenants: amount('tenants', 'given', '1', 1),
  providers: amount('mailbox providers that a tenant sends to', 'given', '20', 1),
  domains: amount('domains that a tenant sends to', 'given', '2k', 1),
  streams: amount('streams and pools of a tenant', 'given', '2', 1),
  commands: amount('commands of operators a day (release, suppress, import)', 'given', '1k'),
  erased: amount('recipients that were erased', 'given', '0'),
  historyKept: days('DESIST_HISTORY_KEPT', '400d'),
  auditKept: days('DESIST_AUDIT_KEPT', '400d'),
  messageMemory: days('DESIST_MESSAGE_MEMORY', '0'),
  journal: flag('the log is the journal in the database, not Kafka'),
  partitions: amount('partitions of the log, at least', 'given', '12', 1),
  busy: share('how busy a processor core may be at the peak', '50%', 0.01),
  largest: amount('bytes above which you would rather have a second database', 'given', '2T', 1e9),
  ...JSON_OPTION,
};

export const command = defineCommand({
  name: 'capacity',
  section: 'Services and set-up',
  summary: 'compute what an installation needs from its rates: tables, growth, engines, partitions, Postgres, and when to divide it',
  options: OPTIONS,
  examples: ['desist capacity --events 50M --list 20M', 'desist capacity --events 500M --list 100M --tenants 200 --json'],
  run: ({ options: { json, events: eventsPerDay, ...given } }) => {
    const added = given.added ?? eventsPerDay / 1_000;
    const rates: Rates = {
      ...given,
      eventsPerDay,
      added,
      removed: given.removed ?? added / 10,
      recovered: given.recovered ?? added,
      tracked: given.tracked ?? ((eventsPerDay * given.failing) / given.tries) * DAYS_TRACKED,
    };
    const plan = planFor(rates);
    if (json) sayJson({ rates, ...plan });
    else say(...linesOf(rates, plan));
  },
});

/** A streak of a day, and the seven days for which its recipient is remembered afterwards (ADR 4). */
const DAYS_TRACKED = 8;

function linesOf(rates: Rates, plan: Plan): readonly string[] {
  const { events, engines, postgres, databases } = plan;
  const rows = plan.sizes.filter(({ bytes, bytesInAYear }) => bytes + bytesInAYear > 0);
  return [
    `events      ${whole(events.perSecond)} a second, ${whole(events.peakPerSecond)} at the peak; a core folds ${whole(events.perSecondAndCore)}`,
    `engines     ${whole(engines.processes)} of one core and ${size(engines.memory)} of memory each, ready after ${duration(Math.ceil(engines.readyAfter))}`,
    `partitions  ${whole(engines.partitions)}`,
    `Postgres    ${size(postgres.bytes)} now, ${size(postgres.bytesInAYear)} in a year; ${cores(postgres.cores)}, ${size(postgres.memory)} of memory; ${size(postgres.walPerDay)} of WAL a day`,
    `databases   ${whole(databases)}`,
    ...plan.notes.map((note) => paint('yellow', `            ${note}`)),
    '',
    ...table(
      ['TABLE', 'INDEX', 'ROWS', 'NOW', 'IN A YEAR'],
      rows.map((one) => [one.index === null ? one.table : '', one.index ?? '', whole(one.rows), size(one.bytes), size(one.bytesInAYear)]),
    ),
    ...table(['', '', '', '', ''], [['all', '', '', size(postgres.bytes), size(postgres.bytesInAYear)]]).slice(1),
    '',
    `Retention: history ${rates.historyKept} d, audit trail ${rates.auditKept} d. Figures are of tables that are full for so long; docs/capacity.md has the measurements.`,
  ];
}

function cores(of: number): string {
  const count = Math.max(1, Math.ceil(of));
  return `${whole(count)} ${count === 1 ? 'core' : 'cores'}`;
}

function whole(of: number): string {
  return Math.round(of).toLocaleString('en');
}

/** In the units of disks: 1 GB is 1,000 MB. */
function size(bytes: number): string {
  for (const [unit, of] of [
    ['TB', 1e12],
    ['GB', 1e9],
    ['MB', 1e6],
  ] as const) {
    if (bytes >= of) return `${(bytes / of).toFixed(bytes >= 10 * of ? 0 : 1)} ${unit}`;
  }
  return `${Math.ceil(bytes / 1e3)} kB`;
}
