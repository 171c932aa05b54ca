/** One recipient's story in hours, told to the fold: each test reads like a sentence. */
import {
  addFact,
  advanceTo,
  asAddress,
  asTenant,
  classifyFailure,
  DEFAULT_POLICY,
  factOf,
  HOUR,
  newRecipient,
  viewOf,
} from '@desist/domain';
import type {
  AskBaseline,
  Change,
  Command,
  CommandType,
  DeliveryEventType,
  EngagementKind,
  FoldContext,
  Policy,
  Recipient,
  RecipientView,
} from '@desist/domain';
import { providerOf } from '@desist/verdicts';

const BEGIN = Date.UTC(2026, 2, 1);

export interface Told {
  /** Hours after the begin; fractions are milliseconds: `at(48) + ms(1)`. */
  readonly type: DeliveryEventType | CommandType;
  readonly at: number;
  readonly reply?: string;
  readonly message?: string;
  readonly stream?: string;
  readonly scope?: string;
  readonly force?: boolean;
  readonly until?: number;
  readonly permanent?: boolean;
  readonly to?: string;
  readonly kind?: EngagementKind;
  readonly certain?: false;
}

export interface Story {
  readonly view: RecipientView;
  readonly changes: readonly Change[];
  readonly recipient: Recipient;
  readonly context: FoldContext;
  /** `persistent_deferral *`, … sorted. */
  readonly held: readonly string[];
}

export const ms = (count: number): number => count / HOUR;
export const FULL = '452 4.2.2 Mailbox full';

export const deferred = (at: number, more: Partial<Told> = {}): Told => ({ type: 'deferred', at, reply: FULL, message: 'm-1', ...more });
export const bounced = (at: number, more: Partial<Told> = {}): Told => ({ type: 'bounced', at, message: `m-${at}`, ...more });
export const delivered = (at: number, more: Partial<Told> = {}): Told => ({ type: 'delivered', at, message: `d-${at}`, ...more });

/** Proof of life; of no message unless one is named. */
export const engaged = (kind: EngagementKind, at: number, more: Partial<Told> = {}): Told => ({ type: 'engaged', kind, at, ...more });

/** Deferrals at these hours. */
export const deferrals = (...hours: readonly number[]): readonly Told[] => hours.map((at) => deferred(at));
/** Every six hours, both ends included when they fall in. */
export const everySixHours = (to: number, more: Partial<Told> = {}): readonly Told[] =>
  Array.from({ length: Math.floor(to / 6) + 1 }, (_, index) => deferred(index * 6, more));

/** Tells the events in the order given, the clock following; then the clock goes on to `end`. */
export function tell(events: readonly Told[], end: number, policy: Policy = DEFAULT_POLICY, contrast?: AskBaseline): Story {
  const context: FoldContext = {
    ...(contrast === undefined ? {} : { askBaseline: contrast }),
    policies: { base: policy, streams: new Map() },
    policyVersion: 'sha256:test',
  };
  const recipient = newRecipient();
  const changes: Change[] = [];
  let clock = BEGIN;
  events.forEach((told, index) => {
    const fact = factOf(eventOf(told, index), (event) => classifyFailure(event, providerOf));
    if (fact === undefined) return;
    clock = Math.max(clock, fact.at);
    const added = addFact(recipient, fact, clock, context);
    if (added !== 'duplicate') changes.push(...added);
  });
  changes.push(...advanceTo(recipient, BEGIN + Math.round(end * HOUR), context));
  const view = viewOf(recipient, context);
  return { view, changes, recipient, context, held: view.suppressions.map(({ reason, scope }) => `${reason} ${scope}`).sort() };
}

export const moment = (hours: number): number => BEGIN + Math.round(hours * HOUR);

export function eventOf(told: Told, index: number): Parameters<typeof factOf>[0] {
  const { type, at, reply, message, stream, scope, force, until, permanent, to, kind, certain } = told;
  const common = { id: `e-${index}`, tenant: asTenant('acme'), recipient: asAddress(to ?? 'alice@example.com'), occurredAt: moment(at) };
  if (isCommandType(type)) {
    const expires = until === undefined ? {} : { expiresAt: moment(until) };
    return { ...common, type, scope: scope ?? '*', ...expires, ...(force === undefined ? {} : { force }) } satisfies Command;
  }
  const code = reply === undefined ? Number.NaN : Number(reply.slice(0, 3));
  return {
    ...common,
    type,
    stream: stream ?? 'default',
    ...(message === undefined ? {} : { messageId: message }),
    ...(reply === undefined ? {} : { smtp: { text: reply, ...(Number.isNaN(code) ? {} : { code }) } }),
    ...(permanent === undefined ? {} : { permanent }),
    ...(kind === undefined ? {} : { kind }),
    ...(certain === undefined ? {} : { certain }),
  };
}

function isCommandType(type: Told['type']): type is CommandType {
  return type === 'suppress' || type === 'release' || type === 'allow' || type === 'disallow' || type === 'forget';
}
