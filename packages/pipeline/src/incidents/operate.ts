/** Operations of operators on incidents: create one, void the failures inside, restore them, and preview either. Nothing here writes. */
import { codesOf, concerning, decodeRecipient, domainOf, applyExclusions, isInside, tenantPolicy } from '@desist/domain';
import type { FailureFact, FoldContext, Incident, IncidentTerms, PolicySet, Recipient, Address } from '@desist/domain';
import type { StoredRecipient } from '../ports/commit-plan.ts';
import type { IncidentRow } from '../ports/incidents.ts';
import type { CodeCount } from '../ports/commit-plan.ts';
import { summedCodes } from './codes.ts';

/** Who decides, why, and when (ms). */
export interface IncidentDecision {
  readonly by: string | null;
  readonly note: string | null;
  readonly at: number;
}

/** An incident that an operator defines. It excludes nothing yet and is not announced. */
export function createdIncident(id: string, terms: IncidentTerms, { by, note, at }: IncidentDecision): IncidentRow {
  const initial = { revision: 0, announcedRevision: 0, action: 'restored', excludes: false, open: false, summary: null } as const;
  return { id, origin: 'operator', ...initial, terms, by, note, at, createdAt: at };
}

/** Failures inside are held back from here on; null: they are already. */
export function voidedIncident(row: IncidentRow, decision: IncidentDecision): IncidentRow | null {
  return row.excludes ? null : decided(row, true, decision);
}

/** Failures inside count again; null: they count already. */
export function restoredIncident(row: IncidentRow, decision: IncidentDecision): IncidentRow | null {
  return row.excludes ? decided(row, false, decision) : null;
}

function decided(row: IncidentRow, excludes: boolean, { by, note, at }: IncidentDecision): IncidentRow {
  return { ...row, revision: row.revision + 1, excludes, action: excludes ? 'voided' : 'restored', by, note: note ?? row.note, at };
}

/** Sums and examples of one page of recipients. The caller adds up the pages. */
export interface Preview {
  /** Recipients with failures inside. */
  readonly recipients: number;
  readonly failures: number;
  /** Failures that are held back already, by any incident. */
  readonly heldBack: number;
  /** Recipients that are suppressed now. */
  readonly suppressed: number;
  /** Recipients for whom a suppression would end if the incident were voided. */
  readonly released: number;
  /** Recipients for whom a suppression would begin if the incident were restored. */
  readonly suppressedAgain: number;
  readonly codes: readonly CodeCount[];
  readonly samples: readonly string[];
  readonly addresses: readonly Address[];
}

const SAMPLES = 5;
const ADDRESSES = 10;

/** `policies`: the ones that the engines use. */
export function previewOf(incident: Incident, stored: readonly StoredRecipient[], policies: PolicySet): Preview {
  const codes: CodeCount[] = [];
  const samples = new Set<string>();
  const addresses: Address[] = [];
  let [failures, heldBack, suppressed, released, suppressedAgain] = [0, 0, 0, 0, 0];
  for (const one of stored) {
    const recipient = decodeRecipient(one.evidence, one.version);
    if (recipient === undefined) continue;
    const inside = insideOf(incident, one, recipient);
    if (inside.length === 0) continue;
    failures += inside.length;
    heldBack += inside.filter((fact) => fact.incident !== undefined).length;
    addresses.push(one.address);
    for (const { classified } of inside) {
      codes.push({ code: codesOf(classified.reply ?? '') || 'none', count: 1 });
      if (classified.reply !== null && samples.size < SAMPLES) samples.add(classified.reply);
    }
    const now = suppressionCount(recipient);
    if (now > 0) suppressed += 1;
    if (suppressionCount(recipientUnder({ ...incident, excludes: true }, one, policies)) < now) released += 1;
    if (suppressionCount(recipientUnder({ ...incident, excludes: false }, one, policies)) > now) suppressedAgain += 1;
  }
  return {
    recipients: addresses.length,
    failures,
    heldBack,
    suppressed,
    released,
    suppressedAgain,
    codes: summedCodes(codes),
    samples: [...samples],
    addresses: addresses.slice(0, ADDRESSES),
  };
}

function insideOf(incident: Incident, { tenant, address }: StoredRecipient, { facts }: Recipient): readonly FailureFact[] {
  if (concerning([incident], tenant, domainOf(address)).length === 0) return [];
  return facts.filter((fact): fact is FailureFact => fact.kind === 'failure' && isInside(incident, fact));
}

/** The recipient folded with this incident. Decoded again, because the fold modifies its argument. */
function recipientUnder(incident: Incident, { tenant, evidence, version }: StoredRecipient, policies: PolicySet): Recipient | undefined {
  const recipient = decodeRecipient(evidence, version);
  if (recipient === undefined) return undefined;
  const context: FoldContext = { policies: tenantPolicy(policies, tenant), policyVersion: policies.version };
  applyExclusions(recipient, { incidents: [incident], known: (id) => id === incident.id }, recipient.clock, context);
  return recipient;
}

function suppressionCount(recipient: Recipient | undefined): number {
  return recipient?.published.filter(({ openedBy }) => openedBy.suppression !== null).length ?? 0;
}
