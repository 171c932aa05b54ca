/** How a recipient is stored: one JSON text, opaque to the store, readable by every later version. */
import { incidentOf } from '../incident/incident.ts';
import { newRecipient } from './fold.ts';
import type { Recipient } from './fold.ts';
import type { Standing } from './standing.ts';
import type { Fact, Judged } from './types.ts';

/** Rises when the meaning of what is stored changes; older ones stay readable. */
const FORMAT = 1;
/** Of whom an incident holds something back: a program that knows no incidents would count it, and must not read this. */
const WITH_INCIDENT = 2;

interface Stored {
  readonly v: number;
  /** Null before the first evaluation. */
  readonly clock: number | null;
  readonly policy: string;
  readonly state: Recipient['state'];
  readonly standing: readonly Standing[];
  /** Verdicts and replies, each once: facts name them by position. */
  readonly judged: readonly Judged[];
  readonly facts: readonly unknown[];
}

/** Text of a recipient; `version` stands beside it in its own column. */
export function encodeRecipient(r: Recipient): string {
  const judged: Judged[] = [];
  const positions = new Map<string, number>();
  const facts = r.facts.map((fact) => {
    if (fact.kind !== 'failure') return fact;
    const key = JSON.stringify(fact.judged);
    let position = positions.get(key);
    if (position === undefined) {
      position = judged.length;
      positions.set(key, position);
      judged.push(fact.judged);
    }
    return { ...fact, judged: position };
  });
  const { policy, state, standing } = r;
  const clock = Number.isFinite(r.clock) ? r.clock : null;
  const v = r.facts.some((fact) => incidentOf(fact) !== undefined) ? WITH_INCIDENT : FORMAT;
  return JSON.stringify({ v, clock, policy, state, standing, judged, facts } satisfies Stored);
}

/** Undefined when the text is of a newer format or damaged. */
export function decodeRecipient(text: string, version: number): Recipient | undefined {
  const stored = parse(text);
  if (stored?.v !== FORMAT && stored?.v !== WITH_INCIDENT) return undefined;
  const facts = stored.facts.map((fact): Fact => {
    const kept = fact as Fact;
    if (kept.kind !== 'failure') return kept;
    return { ...kept, judged: stored.judged[kept.judged as unknown as number] as Judged };
  });
  return {
    ...newRecipient(),
    facts,
    clock: stored.clock ?? Number.NEGATIVE_INFINITY,
    version,
    policy: stored.policy,
    state: stored.state,
    standing: stored.standing,
  };
}

function parse(text: string): Stored | undefined {
  try {
    return JSON.parse(text) as Stored;
  } catch {
    return undefined;
  }
}
