/**
 * An incident: many recipients fail together, so it is not theirs. While it holds, failures inside it are kept as evidence and count
 * for nothing, hard bounces included. It is decided outside of the fold (`detect.ts`, or an operator) and reaches every partition as a
 * record of the log; each failure keeps the name of the incident that holds it back, so that it explains itself.
 */
import type { Fact, FailureFact } from '../recipient/types.ts';

/** Which failures are inside. Every term that is given must agree. */
export interface IncidentTerms {
  /** Null: of every tenant. */
  readonly tenant: string | null;
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
  /** Its failures are held back. False: they count like any other (it was restored, or only looked at). */
  readonly holds: boolean;
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

/** Of a provider's incident that began then: the same one gets the same id, whoever notices it. Quarters of an hour, as letters. */
export function incidentIdOf(provider: string, from: number): string {
  const name = provider.replaceAll('.', '_').replaceAll(/[^A-Za-z0-9_-]/g, '');
  return `${name.slice(0, 48)}-${Math.floor(from / 900_000).toString(36)}`;
}

/** The incidents that may hold back failures of this recipient, in the order of their ids. */
export function concerning(incidents: readonly Incident[], tenant: string, domain: string): readonly Incident[] {
  return incidents.filter(({ terms }) => (terms.tenant ?? tenant) === tenant && (terms.domain ?? domain) === domain);
}

/** Is this failure, of a recipient that the incident concerns, inside? */
export function isInside({ terms }: Incident, { at, judged }: FailureFact): boolean {
  const { provider, code, text, from, until } = terms;
  if (at < from || (until !== null && at >= until)) return false;
  if (provider !== null && judged.provider !== provider) return false;
  if (code === null && text === null) return true;
  const reply = judged.reply?.toLowerCase() ?? '';
  return (code === null || hasCode(reply, code)) && (text === null || reply.includes(text.toLowerCase()));
}

/** The incident that holds the fact back, if one does. */
export function incidentOf(fact: Fact): string | undefined {
  return fact.kind === 'failure' ? fact.incident : undefined;
}

/** The codes that a reply begins with: `550 5.1.1 …`, `550-5.1.1 …`. */
const CODES = /^(\d{3})?[\s-]*([245]\.\d{1,3}\.\d{1,3})?/;

/** `550 5.1.1`, as far as the reply says so; empty when it names no code. */
export function codesOf(reply: string): string {
  const [, code, enhanced] = CODES.exec(reply) ?? [];
  return [code, enhanced].filter((part) => part !== undefined).join(' ');
}

function hasCode(reply: string, wanted: string): boolean {
  const said = codesOf(reply).split(' ');
  return wanted.split(' ').every((part) => said.includes(part));
}

/**
 * The fact as these incidents leave it: a failure inside one that holds carries its id, the first of them by their order. What an
 * incident that is not among `known` has marked stays marked: it is not known any more, and nobody restored it.
 */
export function marked(fact: Fact, incidents: readonly Incident[], known: (id: string) => boolean): Fact {
  if (fact.kind !== 'failure') return fact;
  const by = incidents.find((incident) => incident.holds && isInside(incident, fact))?.id;
  const before = fact.incident;
  if (by === before || (by === undefined && before !== undefined && !known(before))) return fact;
  const { incident: _, ...free } = fact;
  return by === undefined ? free : { ...free, incident: by };
}
