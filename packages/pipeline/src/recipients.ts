/**
 * The recipients of one partition that the task has at hand, and what they changed since the last commit. Everything here
 * dies with the task: the database has the truth.
 */
import { decodeRecipient, encodeRecipient, newRecipient, recipientKey, viewOf } from '@desist/domain';
import type { AskContrast, Change, FoldContext, PolicySet, Recipient } from '@desist/domain';
import { tenantPolicy } from '@desist/domain';
import type { Deadlines } from './deadlines.ts';
import { StoreError } from './errors.ts';
import type { CommitPlan, HistoryRow, OutboxRow, RecipientRow, RecipientStore, SuppressionRow, Time } from './ports.ts';
import { untilThere } from './retry.ts';
import type { Wire } from './wire.ts';

/** A recipient's evidence at hand. `foreign`: its row belongs to another partition, so it must not be touched here. */
export interface Held {
  readonly tenant: string;
  readonly address: string;
  readonly recipient: Recipient;
  readonly foreign: boolean;
  stored: boolean;
  changedList: boolean;
}

export interface Pending {
  readonly recipients: readonly RecipientRow[];
  readonly forgotten: CommitPlan['forgotten'];
  readonly outbox: readonly OutboxRow[];
  readonly history: readonly HistoryRow[];
}

export interface Recipients {
  get(key: string): Held | undefined;
  /** Makes sure that all these recipients are at hand: one query for those that are not. */
  load(keys: ReadonlyMap<string, { readonly tenant: string; readonly address: string }>): Promise<void>;
  contextOf(tenant: string): FoldContext;
  /** Notes that a recipient was folded, and publishes its changes. */
  touched(key: string, changes: readonly Change[]): void;
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
}): Recipients {
  const { partition, store, time, wire, policies, deadlines } = options;
  const atHand = new Map<string, Held>();
  const contexts = new Map<string, FoldContext>();
  let dirty = new Set<string>();
  let outbox: OutboxRow[] = [];
  let history: HistoryRow[] = [];

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
        atHand.set(key, { tenant, address, recipient, foreign: row.partition !== partition, stored: true, changedList: false });
        missing.delete(key);
      }
      for (const [key, { tenant, address }] of missing) {
        atHand.set(key, { tenant, address, recipient: newRecipient(), foreign: false, stored: false, changedList: false });
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

  function take(): Pending {
    const recipients: RecipientRow[] = [];
    const forgotten: { tenant: string; address: string }[] = [];
    for (const key of dirty) {
      const held = atHand.get(key) as Held;
      const { tenant, address, recipient } = held;
      const view = viewOf(recipient, contextOf(tenant));
      if (view.quiet) recipient.facts = [];
      if (view.quiet && recipient.version === 0) {
        if (held.stored) forgotten.push({ tenant, address });
        held.stored = false;
      } else {
        recipients.push(rowOf(held, partition, contextOf(tenant)));
        held.stored = true;
      }
      held.changedList = false;
    }
    const pending = { recipients, forgotten, outbox, history };
    dirty = new Set();
    outbox = [];
    history = [];
    return pending;
  }

  return {
    get: (key) => atHand.get(key),
    load,
    contextOf,
    touched,
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
    updatedAt: recipient.clock,
  };
}

function historyRow(tenant: string, address: string, change: Change): HistoryRow {
  const { version, type, effectiveAt, recordedAt, ...detail } = change;
  return { tenant, address, version, type, effectiveAt, recordedAt, detail: JSON.stringify(detail) };
}
