/**
 * Type and bounds of every value in the policy file. The keys are those of `Policy` in snake case; a value that is
 * added there does not compile until it is listed here.
 */
import { ATTRIBUTIONS } from './words.ts';
import type { Policy } from '@desist/domain';
import { formatDuration, parseDuration } from '@desist/formats/event';

/** Everything but `attribution`, whose keys are categories. */
export type Section = Exclude<keyof Policy, 'attribution'>;

/** A scalar or a list of scalars from the file, with quotes removed. */
export type Raw =
  { readonly kind: 'scalar'; readonly text: string; readonly quoted: boolean } | { readonly kind: 'list'; readonly items: readonly Raw[] };

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string; readonly hint?: string };

export interface Field<T> {
  parse(raw: Raw): Parsed<T>;
  /** The value as it is written in a file. */
  format(value: T): unknown;
  /** Why a stream's own value would have no effect; set for values that are read per tenant. */
  readonly notPerStream?: string;
  /** Why a tenant's own value would have no effect; set for values that are read per installation. */
  readonly notPerTenant?: string;
}

/** 10 years, ms. Longer durations are mistakes; use `never` for unlimited ones. */
export const LONGEST = 3_650 * 86_400_000;
const MOST_FAILURES = 1_000;
/** Evidence per recipient is bounded: more give-ups than this may not all be kept. */
const MOST_GIVE_UPS = 32;
const MOST_EXPIRIES = 32;
/** Up to this number, deliveries of a window are counted exactly. */
const MOST_BASELINE_DELIVERIES = 500;

function duration(shortest: number): Field<number> {
  return { parse: (raw) => parseOneDuration(raw, shortest), format: formatDuration };
}

function parseOneDuration(raw: Raw, shortest: number): Parsed<number> {
  const text = raw.kind === 'scalar' ? raw.text : undefined;
  const value = text === undefined ? undefined : parseDuration(text);
  if (value === undefined) {
    const problem = `must be a duration, ${found(raw)}`;
    return { ok: false, problem, hint: 'a whole number and s, m, h or d, as in 15m, 6h, 30d' };
  }
  if (value < shortest) return { ok: false, problem: `must be at least ${formatDuration(shortest)}, ${found(raw)}` };
  if (value > LONGEST) return { ok: false, problem: `must be at most ${formatDuration(LONGEST)}, ${found(raw)}` };
  return { ok: true, value };
}

function count(most: number, least = 1): Field<number> {
  return {
    parse(raw) {
      const text = raw.kind === 'scalar' && !raw.quoted ? raw.text : '';
      const value = /^\d{1,9}$/.test(text) ? Number(text) : undefined;
      if (value !== undefined && value >= least && value <= most) return { ok: true, value };
      return { ok: false, problem: `must be a whole number from ${least} to ${most}, ${found(raw)}` };
    },
    format: (value) => value,
  };
}

function oneOf<T extends string>(words: readonly T[]): Field<T> {
  return {
    parse(raw) {
      const value = words.find((word) => raw.kind === 'scalar' && raw.text === word);
      if (value !== undefined) return { ok: true, value };
      return { ok: false, problem: `must be one of ${words.join(', ')}, ${found(raw)}` };
    },
    format: (value) => value,
  };
}

const EXPIRY: Field<readonly (number | null)[]> = {
  parse(raw) {
    const hint = 'as in [30d, 90d, 180d, never]: for the 1st, 2nd, 3rd … in a row; the last one repeats';
    if (raw.kind !== 'list') return { ok: false, problem: `must be a list of durations or \`never\`, ${found(raw)}`, hint };
    if (raw.items.length === 0) return { ok: false, problem: 'must name at least one duration or `never`', hint };
    if (raw.items.length > MOST_EXPIRIES) return { ok: false, problem: `must not name more than ${MOST_EXPIRIES} durations`, hint };
    const value: (number | null)[] = [];
    for (const item of raw.items) {
      if (item.kind === 'scalar' && item.text === 'never') {
        value.push(null);
        continue;
      }
      const one = parseOneDuration(item, 1_000);
      if (!one.ok) return { ...one, problem: `every entry ${one.problem}`, hint };
      value.push(one.value);
    }
    return { ok: true, value };
  },
  format: (value) => value.map((one) => (one === null ? 'never' : formatDuration(one))),
};

/** `50%`, stored as 0.5. */
const SHARE: Field<number> = {
  parse(raw) {
    const percent = raw.kind === 'scalar' ? /^(\d{1,3})%$/.exec(raw.text)?.[1] : undefined;
    const value = Number(percent);
    if (value >= 1 && value <= 100) return { ok: true, value: value / 100 };
    return { ok: false, problem: `must be a share from 1% to 100%, ${found(raw)}`, hint: 'a whole number and %, as in 50%' };
  },
  format: (value) => `${Math.round(value * 100)}%`,
};

const HOUR_MS = 3_600_000;
const WINDOW: Field<number> = {
  ...duration(HOUR_MS),
  parse(raw) {
    const parsed = parseOneDuration(raw, HOUR_MS);
    if (!parsed.ok || (24 * HOUR_MS) % parsed.value === 0) return parsed;
    const problem = `must divide a day, ${found(raw)}`;
    return { ok: false, problem, hint: '1h, 2h, 3h, 4h, 6h, 8h, 12h or 24h: windows begin at midnight UTC' };
  },
};
const BASELINE_PER_TENANT = 'deliveries are counted by tenant and provider, whatever their stream, so this is read per tenant';

const MOST_RECIPIENTS = 1_000_000;
const MOST_TENANTS = 1_000;

const SWITCH: Field<boolean> = {
  parse(raw) {
    const text = raw.kind === 'scalar' && !raw.quoted ? raw.text : '';
    if (text === 'true' || text === 'false') return { ok: true, value: text === 'true' };
    return { ok: false, problem: `must be true or false, ${found(raw)}` };
  },
  format: (value) => value,
};

/** Recipients of a sender incident are estimated by 32 bits. */
const MOST_SKETCHED = 50;
const MOST_TIMES = 1_000;
const ALIKE = 'every tenant is measured alike';

const ONE_INCIDENT = 'every tenant is measured alike, or one of them could open incidents for all';

export const ATTRIBUTION_FIELD = oneOf(ATTRIBUTIONS);

export const SECTIONS: { readonly [S in Section]: { readonly [K in keyof Policy[S]]: Field<Policy[S][K]> } } = {
  deferral: {
    persistentAfter: duration(0),
    persistentFailures: count(MOST_FAILURES),
    softBounceAfter: duration(0),
    softBounceFailures: count(MOST_FAILURES),
    suppressAfter: duration(1_000),
    suppressFailures: count(MOST_FAILURES),
    evidenceSpan: duration(0),
    largestGap: duration(1_000),
    atRiskBefore: duration(0),
  },
  giveUp: { messages: count(MOST_GIVE_UPS), span: duration(0), remembered: duration(1_000) },
  greylisting: { window: duration(1_000), renewAfter: duration(1_000) },
  contrast: {
    window: { ...WINDOW, notPerStream: BASELINE_PER_TENANT },
    deliveries: { ...count(MOST_BASELINE_DELIVERIES), notPerStream: BASELINE_PER_TENANT },
    failingShare: { ...SHARE, notPerStream: BASELINE_PER_TENANT },
  },
  suppression: { expiry: EXPIRY, probation: duration(0), complaintScope: oneOf(['all', 'stream']) },
  engagement: { clicks: SWITCH },
  publish: {
    deferred: {
      ...SWITCH,
      notPerStream: 'a recipient has one state for all streams, so this is read per tenant',
    },
  },
  incidents: {
    detect: { ...SWITCH, notPerTenant: ONE_INCIDENT },
    window: { ...duration(HOUR_MS), notPerTenant: ONE_INCIDENT },
    recipients: { ...count(MOST_RECIPIENTS), notPerTenant: ONE_INCIDENT },
    failingShare: { ...SHARE, notPerTenant: ONE_INCIDENT },
    baseline: { ...duration(HOUR_MS), notPerTenant: ONE_INCIDENT },
    baselineDeliveries: { ...count(MOST_RECIPIENTS), notPerTenant: ONE_INCIDENT },
    longest: { ...duration(HOUR_MS), notPerTenant: ONE_INCIDENT },
    tenants: { ...count(MOST_TENANTS, 2), notPerTenant: ONE_INCIDENT },
  },
  senderIncidents: {
    detect: { ...SWITCH, notPerTenant: ALIKE },
    window: { ...duration(HOUR_MS), notPerTenant: ALIKE },
    tries: { ...count(MOST_RECIPIENTS), notPerTenant: ALIKE },
    refused: { ...count(MOST_RECIPIENTS), notPerTenant: ALIKE },
    recipients: { ...count(MOST_SKETCHED), notPerTenant: ALIKE },
    share: { ...SHARE, notPerTenant: ALIKE },
    times: { ...count(MOST_TIMES, 2), notPerTenant: ALIKE },
    baseline: { ...duration(HOUR_MS), notPerTenant: ALIKE },
    baselineTries: { ...count(MOST_RECIPIENTS), notPerTenant: ALIKE },
    longest: { ...duration(HOUR_MS), notPerTenant: ALIKE },
  },
};

/** `persistentAfter` as `persistent_after`. */
export function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export interface NamedField {
  /** `deferral.persistentAfter`: the path of the value in a `Policy`. */
  readonly id: string;
  readonly section: Section;
  readonly name: string;
  readonly key: string;
  readonly field: Field<unknown>;
}

/** All of them, in the order of the file. */
export const FIELDS: readonly NamedField[] = (Object.keys(SECTIONS) as Section[]).flatMap((section) =>
  Object.entries(SECTIONS[section]).map(([name, field]) => {
    return { id: `${section}.${name}`, section, name, key: snake(name), field: field as unknown as Field<unknown> };
  }),
);

export const SECTION_KEYS: ReadonlyMap<string, Section> = new Map((Object.keys(SECTIONS) as Section[]).map((name) => [snake(name), name]));

export function found(raw: Raw): string {
  if (raw.kind === 'list') return 'not a list';
  return raw.text === '' ? 'not empty' : `not ${JSON.stringify(raw.text.length > 40 ? `${raw.text.slice(0, 40)}…` : raw.text)}`;
}
