/** What operators do with incidents: make one, void what is inside, restore it, and look before they do. Nothing here writes. */
import { codesOf, concerning, decodeRecipient, holdBack, isInside, tenantPolicy } from '@desist/domain';
import type { FailureFact, FoldContext, Incident, IncidentTerms, PolicySet, Recipient } from '@desist/domain';
import type { IncidentRow, StoredRecipient } from '../ports.ts';
import type { CodeCount } from './codes.ts';
import { summedCodes } from './codes.ts';

/** Who decides it, why, and when, ms. */
export interface IncidentDecision {
  readonly by: string | null;
  readonly note: string | null;
  readonly at: number;
}

/** An incident that an operator names: it holds nothing back yet, and no partition hears of it. */
export function createdIncident(id: string, terms: IncidentTerms, { by, note, at }: IncidentDecision): IncidentRow {
  const nothing = { revision: 0, told: 0, action: 'restored', holds: false, open: false, summary: null } as const;
  return { id, origin: 'operator', ...nothing, terms, by, note, at, createdAt: at };
}

/** What is inside is held back from here on; null: it is already. */
export function voidedIncident(row: IncidentRow, decision: IncidentDecision): IncidentRow | null {
  return row.holds ? null : decided(row, true, decision);
}

/** What is inside counts again; null: it does already. */
export function restoredIncident(row: IncidentRow, decision: IncidentDecision): IncidentRow | null {
  return row.holds ? decided(row, false, decision) : null;
}

function decided(row: IncidentRow, holds: boolean, { by, note, at }: IncidentDecision): IncidentRow {
  return { ...row, revision: row.revision + 1, holds, action: holds ? 'voided' : 'restored', by, note: note ?? row.note, at };
}

/** Of one page of recipients: sums and examples, to be added to those of the other pages. */
export interface Preview {
  /** Recipients with failures inside. */
  readonly recipients: number;
  readonly failures: number;
  /** Of the failures: held back already, by whichever incident. */
  readonly heldBack: number;
  /** Of the recipients: suppressed now. */
  readonly suppressed: number;
  /** ... of whom a suppression would end if it were voided ... */
  readonly released: number;
  /** ... or begin if it were restored. */
  readonly suppressedAgain: number;
  readonly codes: readonly CodeCount[];
  readonly samples: readonly string[];
  readonly addresses: readonly string[];
}

const SAMPLES = 5;
const ADDRESSES = 10;

/** `policies`: as the engines use them. */
export function previewOf(incident: Incident, stored: readonly StoredRecipient[], policies: PolicySet): Preview {
  const codes: CodeCount[] = [];
  const samples = new Set<string>();
  const addresses: string[] = [];
  let [failures, heldBack, suppressed, released, suppressedAgain] = [0, 0, 0, 0, 0];
  for (const one of stored) {
    const recipient = decodeRecipient(one.evidence, one.version);
    if (recipient === undefined) continue;
    const inside = insideOf(incident, one, recipient);
    if (inside.length === 0) continue;
    failures += inside.length;
    heldBack += inside.filter((fact) => fact.incident !== undefined).length;
    addresses.push(one.address);
    for (const { judged } of inside) {
      codes.push({ code: codesOf(judged.reply ?? '') || 'none', count: 1 });
      if (judged.reply !== null && samples.size < SAMPLES) samples.add(judged.reply);
    }
    const now = suppressionsOf(recipient);
    if (now > 0) suppressed += 1;
    if (suppressionsOf(leftBy({ ...incident, holds: true }, one, policies)) < now) released += 1;
    if (suppressionsOf(leftBy({ ...incident, holds: false }, one, policies)) > now) suppressedAgain += 1;
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

/** The recipient as this incident would leave it. A fold changes what it is given, so it is one of its own. */
function leftBy(incident: Incident, { tenant, evidence, version }: StoredRecipient, policies: PolicySet): Recipient | undefined {
  const recipient = decodeRecipient(evidence, version);
  if (recipient === undefined) return undefined;
  const context: FoldContext = { policies: tenantPolicy(policies, tenant), policyVersion: policies.version };
  holdBack(recipient, { incidents: [incident], known: (id) => id === incident.id }, recipient.clock, context);
  return recipient;
}

function suppressionsOf(recipient: Recipient | undefined): number {
  return recipient?.standing.filter(({ opener }) => opener.suppression !== null).length ?? 0;
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
