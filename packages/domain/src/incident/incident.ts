/**
 * An incident: many recipients fail together, so it is not their fault. While it excludes them, failures inside it are kept as evidence
 * and count for nothing, hard bounces included. It is decided outside of the fold (`detect.ts`, or an operator) and reaches every partition
 * as a record of the log; each failure keeps the name of the incident that excludes it, so that it explains itself.
 */
import type { Fact, FailureFact } from '../recipient/types.ts';
import type { Tenant } from '../keys.ts';

/** Which failures are inside. Every term that is given must agree. */
export interface IncidentTerms {
  /** Null: of every tenant. */
  readonly tenant: Tenant | null;
  /** Who operates the mailbox, as verdicts name it. */
  readonly provider: string | null;
  /** Of the recipient's address, normalised. */
  readonly domain: string | null;
  /** A reply code (`550`), an enhanced code (`5.1.1`), or both (`550 5.1.1`). */
  readonly code: string | null;
  /** Part of the reply, whatever its case. */
  readonly text: string | null;
  /** From this moment on, ms ... */
  readonly from: number;
  /** ... and before this one; null: it goes on. */
  readonly until: number | null;
}

export interface Incident {
  readonly id: string;
  /** Rises with everything that is decided about it; of two, the higher one says what is true. */
  readonly revision: number;
  /** The failures inside do not count. False: they count like any other (it was restored, or only looked at). Published as `holds`. */
  readonly excludes: boolean;
  readonly terms: IncidentTerms;
}

export const INCIDENT_ACTIONS = ['opened', 'closed', 'voided', 'restored'] as const;
/** `opened`, `closed`: noticed by itself. `voided`, `restored`: what an operator decided. */
export type IncidentAction = (typeof INCIDENT_ACTIONS)[number];

/** What was counted when it was decided. Replies are without addresses. */
export interface IncidentSummary {
  /** Recipients that began to fail in it. */
  readonly failing: number;
  readonly delivered: number;
  /** Of the provider in the days before: failing / (failing + delivered); null: not known. */
  readonly usualShare: number | null;
  readonly codes: readonly { readonly code: string; readonly count: number }[];
  readonly samples: readonly string[];
}

/** What the log carries of an incident: one record for every partition, the same in all of them. */
export interface IncidentNotice extends Incident {
  readonly action: IncidentAction;
  /** When it was decided, ms. */
  readonly at: number;
  /** The partition that publishes it, for all of them. */
  readonly announcedBy: number;
  readonly summary: IncidentSummary | null;
  readonly by: string | null;
  readonly note: string | null;
}

/**
 * The id of a detected incident: every process that detects it gives it the same id. `PROVIDER-QUARTER` of the whole installation (tenant
 * null), `PROVIDER-QUARTER-HASH` of one tenant. The quarter of an hour of `from` is in base 36.
 */
export function incidentIdOf(tenant: Tenant | null, provider: string, from: number): string {
  const name = provider.replaceAll('.', '_').replaceAll(/[^A-Za-z0-9_-]/g, '');
  const quarter = Math.floor(from / 900_000).toString(36);
  if (tenant === null) return `${name.slice(0, 48)}-${quarter}`;
  return `${name.slice(0, 40)}-${quarter}-${hashOf(`${tenant}/${provider}`)}`;
}

/**
 * 13 letters. The names themselves joined would not do: ids are short, and `a-b` with `c` must not be `a` with `b-c`, or one tenant could
 * take the id of another's incident.
 */
export function hashOf(text: string): string {
  let high = 0x811c9dc5;
  let low = 0x01000193;
  for (let i = 0; i < text.length; i += 1) {
    high = Math.imul(high ^ text.charCodeAt(i), 0x01000193);
    low = Math.imul(low ^ text.charCodeAt(i), 0x85ebca6b) ^ (high >>> 13);
  }
  const part = (half: number): string => (half >>> 0).toString(36).padStart(7, '0');
  return (part(high) + part(low)).slice(1);
}

/** The incidents that may hold back failures of this recipient, in the order of their ids. */
export function concerning(incidents: readonly Incident[], tenant: Tenant, domain: string): readonly Incident[] {
  return incidents.filter(({ terms }) => (terms.tenant ?? tenant) === tenant && (terms.domain ?? domain) === domain);
}

/** Is this failure, of a recipient that the incident concerns, inside? */
export function isInside({ terms }: Incident, { at, classified: judged }: FailureFact): boolean {
  const { provider, code, text, from, until } = terms;
  if (at < from || (until !== null && at >= until)) return false;
  if (provider !== null && judged.provider !== provider) return false;
  if (code === null && text === null) return true;
  const reply = judged.reply?.toLowerCase() ?? '';
  return (code === null || hasCode(reply, code)) && (text === null || reply.includes(text.toLowerCase()));
}

/** The incident that excludes the fact, if one does. */
export function incidentOf(fact: Fact): string | undefined {
  return fact.kind === 'failure' ? fact.incident : undefined;
}

/** The codes that a reply begins with: `550 5.1.1 …`, `550-5.1.1 …`. */
const CODES = /^(\d{3})?[\s-]*([245]\.\d{1,3}\.\d{1,3})?/;

export interface LeadingCodes {
  readonly code: string | undefined;
  readonly enhanced: string | undefined;
  /** What follows them. */
  readonly rest: string;
}

export function leadingCodes(reply: string): LeadingCodes {
  const [all = '', code, enhanced] = CODES.exec(reply) ?? [];
  return { code, enhanced, rest: reply.slice(all.length) };
}

/** `550 5.1.1`, as far as the reply says so; empty when it names no code. */
export function codesOf(reply: string): string {
  const { code, enhanced } = leadingCodes(reply);
  return [code, enhanced].filter((part) => part !== undefined).join(' ');
}

function hasCode(reply: string, wanted: string): boolean {
  const said = codesOf(reply).split(' ');
  return wanted.split(' ').every((part) => said.includes(part));
}

/**
 * The fact as these incidents leave it: a failure inside one that excludes carries its id, the first of them by their order. What an
 * incident that is not among `known` has marked stays marked: it is not known any more, and nobody restored it.
 */
export function marked(fact: Fact, incidents: readonly Incident[], known: (id: string) => boolean): Fact {
  if (fact.kind !== 'failure') return fact;
  const by = incidents.find((incident) => incident.excludes && isInside(incident, fact))?.id;
  const before = fact.incident;
  if (by === before || (by === undefined && before !== undefined && !known(before))) return fact;
  const { incident: _, ...free } = fact;
  return by === undefined ? free : { ...free, incident: by };
}
