/**
 * The recipients of one partition that the task has at hand, and what they changed since the last commit. Everything here
 * dies with the task: the database has the truth.
 */
import { addFact, decodeRecipient, encodeRecipient, forget, holdBack, newRecipient, recipientKey, viewOf } from '@desist/domain';
import type { AskContrast, Change, Command, Fact, FoldContext, IncidentNotice, PolicySet, Recipient } from '@desist/domain';
import { tenantPolicy } from '@desist/domain';
import type { Deadlines } from './deadlines.ts';
import { StoreError } from './errors.ts';
import { liftedBy, mergedBlocks } from './forgotten.ts';
import type { Incidents } from './incidents/known.ts';
import type {
  BlockRow,
  CommitPlan,
  ErasedRow,
  HistoryRow,
  OutboxRow,
  RecipientRow,
  RecipientStore,
  SuppressionRow,
  Time,
} from './ports.ts';
import { untilThere } from './retry.ts';
import type { Wire } from './wire.ts';

/** A recipient's evidence at hand. `foreign`: its row belongs to another partition, so it must not be touched here. */
export interface Held {
  readonly tenant: string;
  readonly address: string;
  recipient: Recipient;
  readonly foreign: boolean;
  stored: boolean;
  changedList: boolean;
  /** Of an earlier recipient of this address, who was erased. */
  erased: Erased | undefined;
  /** Its evidence was looked at when this much was known of incidents. */
  told: number;
}

interface Erased {
  /** Events up to this moment are those of the erased. */
  readonly at: number;
  /** The last version that was given before; below it nothing of this row was ever published. */
  readonly version: number;
  readonly blocks: readonly BlockRow[];
}

export interface Pending {
  readonly recipients: readonly RecipientRow[];
  readonly forgotten: CommitPlan['forgotten'];
  readonly outbox: readonly OutboxRow[];
  readonly history: readonly HistoryRow[];
  readonly erased: readonly ErasedRow[];
}

export interface Recipients {
  get(key: string): Held | undefined;
  /** Makes sure that all these recipients are at hand: one query for those that are not. */
  load(keys: ReadonlyMap<string, { readonly tenant: string; readonly address: string }>): Promise<void>;
  contextOf(tenant: string): FoldContext;
  /** Notes that a recipient was folded, and publishes its changes. */
  touched(key: string, changes: readonly Change[]): void;
  /** Holds back, or frees, what incidents say of it since it was last looked at. Answers what is published of it; `touched` is the caller's. */
  holdBack(key: string, clock: number): readonly Change[];
  /** Publishes what was decided about an incident. */
  announce(notice: IncidentNotice, clock: number): void;
  /** Erases the recipient, at the record with this offset. Answers what is published of it. */
  forget(key: string, command: Command, clock: number, offset: number): readonly Change[];
  /** True when the fact is of an erased recipient: then at most what blocks grows. */
  isOfErased(key: string, fact: Fact, offset: number): boolean;
  /** Lifts what an erasure left behind, as far as a `release` may. */
  lifted(key: string, command: Command, offset: number): void;
  /** How many rows the next commit writes. */
  dirty(): number;
  /** Rows and records for the next commit; from here on the next ones are collected. */
  take(): Pending;
}

/** Recipients kept at hand between batches; above it the ones used longest ago are read again when needed. */
const AT_HAND = 50_000;

export function createRecipients(options: {
  readonly partition: number;
  readonly store: RecipientStore;
  readonly time: Time;
  readonly wire: Wire;
  readonly policies: PolicySet;
  readonly deadlines: Deadlines;
  readonly nextNumber: () => number;
  readonly askOf: (tenant: string) => AskContrast;
  readonly incidents: Incidents;
}): Recipients {
  const { partition, store, time, wire, policies, deadlines, incidents } = options;
  const atHand = new Map<string, Held>();
  const contexts = new Map<string, FoldContext>();
  let dirty = new Set<string>();
  let outbox: OutboxRow[] = [];
  let history: HistoryRow[] = [];
  let erased = new Map<string, ErasedRow>();

  function contextOf(tenant: string): FoldContext {
    let context = contexts.get(tenant);
    if (context === undefined) {
      context = { policies: tenantPolicy(policies, tenant), policyVersion: policies.version, contrast: options.askOf(tenant) };
      // Tenants come from outside: a bounded memory of them.
      if (contexts.size >= 10_000) contexts.clear();
      contexts.set(tenant, context);
    }
    return context;
  }

  async function load(keys: ReadonlyMap<string, { readonly tenant: string; readonly address: string }>): Promise<void> {
    const missing = new Map([...keys].filter(([key]) => !atHand.has(key)));
    if (missing.size > 0) {
      for (const row of await untilThere(time, () => store.load([...missing.values()]))) {
        const { tenant, address } = row;
        const recipient = decodeRecipient(row.evidence, row.version);
        if (recipient === undefined) {
          throw new StoreError('incompatible', 'a recipient row is of a newer format: run the version that wrote it, or a later one');
        }
        const key = recipientKey(tenant, address);
        const foreign = row.partition !== partition;
        atHand.set(key, { tenant, address, recipient, foreign, stored: true, changedList: false, erased: undefined, told: 0 });
      }
      for (const [key, { tenant, address }] of missing) {
        if (atHand.has(key)) continue;
        const recipient = newRecipient();
        atHand.set(key, { tenant, address, recipient, foreign: false, stored: false, changedList: false, erased: undefined, told: 0 });
      }
      for (const { tenant, address, ...known } of await untilThere(time, () => store.forgotten([...missing.values()]))) {
        const held = atHand.get(recipientKey(tenant, address)) as Held;
        held.erased = known;
        held.recipient.version = Math.max(held.recipient.version, known.version);
      }
    }
    evict(keys);
  }

  function evict(needed: ReadonlyMap<string, unknown>): void {
    if (atHand.size <= AT_HAND) return;
    for (const key of atHand.keys()) {
      if (atHand.size <= AT_HAND / 2) return;
      if (!needed.has(key) && !dirty.has(key)) atHand.delete(key);
    }
  }

  function touched(key: string, changes: readonly Change[]): void {
    const held = atHand.get(key) as Held;
    dirty.add(key);
    const { tenant, address, recipient } = held;
    const view = viewOf(recipient, contextOf(tenant));
    if (view.quiet) deadlines.forget(key);
    else deadlines.track(key, view.due);
    if (changes.length === 0) return;
    held.changedList ||= changes.some(concernsList);
    const value = wire.encodeSuppressions({
      tenant,
      address,
      version: recipient.version,
      suppressions: view.suppressions,
      allowed: view.allowed,
    });
    for (const change of changes) {
      const number = options.nextNumber();
      const text = wire.encodeChange({ tenant, address, change, sequence: { partition, number } });
      outbox.push({ number, key, change: text, value: concernsList(change) ? value : undefined });
      history.push(historyRow(tenant, address, change));
    }
  }

  function hold(key: string, clock: number): readonly Change[] {
    const held = atHand.get(key) as Held;
    const version = incidents.version();
    if (held.told === version) return [];
    held.told = version;
    const { tenant, address, recipient } = held;
    const which = { incidents: incidents.concerning(tenant, address), known: (id: string) => incidents.isKnown(id) };
    return holdBack(recipient, which, clock, contextOf(tenant));
  }

  function announce(notice: IncidentNotice, recordedAt: number): void {
    const number = options.nextNumber();
    const { key, value } = wire.encodeIncidentChange({ notice, recordedAt, policy: policies.version, sequence: { partition, number } });
    outbox.push({ number, key, change: value, value: undefined });
  }

  /** Notes what is to be known of an erased recipient; one row per recipient and commit. */
  function note(key: string, held: Held, known: Erased, whole: boolean, offset: number): void {
    const { tenant, address } = held;
    held.erased = known;
    dirty.add(key);
    const number = outbox.at(-1)?.number ?? 0;
    erased.set(key, { tenant, address, ...known, whole: whole || erased.get(key)?.whole === true, offset, number });
  }

  function erase(key: string, command: Command, clock: number, offset: number): readonly Change[] {
    const held = atHand.get(key) as Held;
    const { changes, held: terms, rest } = forget(held.recipient, command.occurredAt, clock, contextOf(held.tenant));
    held.recipient = rest;
    touched(key, changes);
    history = history.filter(({ tenant, address }) => tenant !== held.tenant || address !== held.address);
    const at = Math.max(command.occurredAt, held.erased?.at ?? command.occurredAt);
    note(key, held, { at, version: rest.version, blocks: mergedBlocks(held.erased?.blocks ?? [], terms) }, true, offset);
    held.stored = false;
    held.changedList = true;
    return changes;
  }

  function isOfErased(key: string, fact: Fact, offset: number): boolean {
    const held = atHand.get(key) as Held;
    const known = held.erased;
    if (known === undefined || fact.at > known.at) return false;
    // It came late: what it would have brought about by itself blocks, as if it had been known then. The record goes like the others.
    const alone = newRecipient();
    const context = contextOf(held.tenant);
    addFact(alone, fact, fact.at, context);
    note(key, held, { ...known, blocks: mergedBlocks(known.blocks, viewOf(alone, context).suppressions) }, false, offset);
    return true;
  }

  function lifted(key: string, command: Command, offset: number): void {
    const held = atHand.get(key) as Held;
    const known = held.erased;
    if (command.type !== 'release' || known === undefined || known.blocks.length === 0) return;
    note(key, held, { ...known, blocks: known.blocks.filter((block) => !liftedBy(command, block)) }, false, offset);
  }

  function take(): Pending {
    const recipients: RecipientRow[] = [];
    const forgotten: { tenant: string; address: string }[] = [];
    for (const key of dirty) {
      const held = atHand.get(key) as Held;
      const { tenant, address, recipient } = held;
      const view = viewOf(recipient, contextOf(tenant));
      if (view.quiet) recipient.facts = [];
      if (view.quiet && recipient.version === (held.erased?.version ?? 0)) {
        if (held.stored) forgotten.push({ tenant, address });
        held.stored = false;
      } else {
        recipients.push(rowOf(held, partition, contextOf(tenant)));
        held.stored = true;
      }
      held.changedList = false;
    }
    const pending = { recipients, forgotten, outbox, history, erased: [...erased.values()] };
    dirty = new Set();
    erased = new Map();
    outbox = [];
    history = [];
    return pending;
  }

  return {
    get: (key) => atHand.get(key),
    load,
    contextOf,
    touched,
    holdBack: hold,
    announce,
    forget: erase,
    isOfErased,
    lifted,
    dirty: () => dirty.size,
    take,
  };
}

/** Does this change alter what the `suppressions` topic and the list say? */
function concernsList(change: Change): boolean {
  return change.suppression !== null || change.allowance !== null;
}

function rowOf(held: Held, partition: number, context: FoldContext): RecipientRow {
  const { tenant, address, recipient } = held;
  const view = viewOf(recipient, context);
  const { streak } = view;
  const suppressions = view.suppressions.map(({ evidence, ...terms }): SuppressionRow => {
    return {
      ...terms,
      category: evidence?.category ?? null,
      rule: evidence?.rule ?? null,
      reply: evidence?.reply ?? null,
      firstFailureAt: evidence?.firstFailureAt ?? null,
      lastFailureAt: evidence?.lastFailureAt ?? null,
      failures: evidence?.failures ?? 0,
    };
  });
  return {
    tenant,
    address,
    partition,
    version: recipient.version,
    evidence: encodeRecipient(recipient),
    state: view.state,
    tracked: !view.quiet,
    due: view.due,
    policy: recipient.policy,
    streakStartedAt: streak?.firstFailureAt ?? null,
    lastFailureAt: streak?.lastFailureAt ?? null,
    failures: streak?.failures ?? 0,
    messages: streak?.messages ?? 0,
    category: streak?.category ?? null,
    provider: view.provider,
    suppressAt: view.suppressAt,
    holds: held.changedList ? { suppressions, allowed: view.allowed } : undefined,
    updatedAt: Math.max(recipient.clock, recipient.facts.at(-1)?.at ?? recipient.clock),
  };
}

function historyRow(tenant: string, address: string, change: Change): HistoryRow {
  const { version, type, effectiveAt, recordedAt, ...detail } = change;
  return { tenant, address, version, type, effectiveAt, recordedAt, detail: JSON.stringify(detail) };
}
