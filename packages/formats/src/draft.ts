/** Builds an event from the fields that a format has extracted: one address, one time, bounded text, an id. */
import { asTenant } from '@desist/domain';
import type { DeliveryEvent, DeliveryEventType, EngagementKind } from '@desist/domain';
import { normaliseAddress } from './event/address.ts';
import { contentHash, NAME, POOL } from './event/event.ts';
import { clean, ID_LIMIT, optional, TEXT_LIMIT, WORD_LIMIT } from './event/text.ts';
import type { NormaliseContext, Normalised, ProblemReason } from './format.ts';
import type { FormatName } from './names.ts';
import { DAMAGED } from './json.ts';
import { codeOf, enhancedOf, replyCodes } from './reply.ts';
import { momentOf } from './time.ts';
import type { Moment } from './time.ts';

export interface Draft {
  readonly type: DeliveryEventType;
  /** Of `engaged`. Default: a click, which is what providers tell of. */
  readonly kind?: EngagementKind | undefined;
  /** As in the payload: it can have a display name or angle brackets, or be missing. */
  readonly recipient: unknown;
  /** Name of the time field (for problem messages) and its value, or a moment that the format has already parsed. */
  readonly time: readonly [field: string, value: unknown] | Moment;
  /** The provider's event id, if it has one. */
  readonly id?: string | undefined;
  /** Further values hashed into the event id if `id` is unusable. Recipient, type and time are added. */
  readonly identity?: readonly unknown[];
  readonly messageId?: string | undefined;
  readonly attempt?: number | undefined;
  /** From a dedicated field. A value that is not a reply code is ignored. */
  readonly code?: unknown;
  /** From a dedicated field. If missing, it is parsed from the text. */
  readonly enhanced?: unknown;
  readonly text?: string | undefined;
  readonly remoteHost?: string | undefined;
  readonly phase?: DeliveryEvent['phase'];
  /** For a bounce: the source's classification. Deferrals and expiries are never permanent; other types have no value. */
  readonly permanent?: boolean | undefined;
  /** False if the source cannot attribute the event to this recipient with certainty. */
  readonly certain?: false | undefined;
  /** The sender's IP pool or route. A value that is no name of a pool is ignored. */
  readonly pool?: unknown;
  /** The sender's metadata, which can contain `desist_tenant` and `desist_stream`. */
  readonly metadata?: unknown;
}

export function eventOf(format: FormatName, draft: Draft, context: NormaliseContext, raw: () => string): Normalised {
  const { type } = draft;
  if (draft.recipient === undefined || draft.recipient === null || draft.recipient === '') {
    return problem('no_recipient', `${type}: the payload names no recipient`, raw());
  }
  const recipient = bareAddress(draft.recipient);
  if (recipient?.includes(DAMAGED) === true) return problem('invalid', 'recipient: not UTF-8', raw());
  const address = recipient === undefined ? undefined : normaliseAddress(recipient);
  if (address?.ok !== true) return problem('invalid', `recipient: ${address?.problem ?? 'no address'}`, raw());
  const [field, moment] = momentOfDraft(draft.time, context);
  if (!moment.ok) return problem('invalid', `${field}: ${moment.problem}`, raw());
  const { at } = moment;
  // Whatever a text says that comes with proof of life, it is no reply of a server.
  const smtp = type === 'engaged' ? undefined : replyOf(draft);
  const metadata = typeof draft.metadata === 'object' && draft.metadata !== null ? (draft.metadata as Record<string, unknown>) : {};
  return {
    kind: 'event',
    event: {
      id: idOf(format, draft, address.address, at),
      tenant: asTenant(nameOf(metadata['desist_tenant']) ?? context.tenant),
      recipient: address.address,
      occurredAt: at,
      type,
      stream: nameOf(metadata['desist_stream']) ?? context.stream,
      ...(type === 'engaged' ? { kind: draft.kind ?? 'click' } : {}),
      ...optional('messageId', word(bareId(draft.messageId))),
      ...optional('attempt', draft.attempt),
      ...optional('smtp', smtp),
      ...optional('phase', draft.phase),
      ...optional('remoteHost', word(draft.remoteHost)),
      ...optional('pool', poolOf(draft.pool)),
      source: clean(context.source ?? format, WORD_LIMIT),
      ...optional('permanent', permanenceOf(draft)),
      ...optional('certain', draft.certain),
    },
  };
}

function momentOfDraft(time: Draft['time'], context: NormaliseContext): readonly [field: string, Moment] {
  return 'ok' in time ? ['time', time] : [time[0], momentOf(time[1], context)];
}

function replyOf(draft: Draft): DeliveryEvent['smtp'] {
  const text = draft.text?.trim();
  const parsed = text === undefined || text === '' ? {} : replyCodes(text);
  const reply = {
    ...optional('code', codeOf(draft.code) ?? parsed.code),
    ...optional('enhanced', enhancedOf(draft.enhanced) ?? parsed.enhanced),
    ...optional('text', text === undefined || text === '' ? undefined : clean(text, TEXT_LIMIT)),
  };
  return Object.keys(reply).length === 0 ? undefined : reply;
}

function permanenceOf({ type, permanent }: Draft): boolean | undefined {
  if (type === 'bounced') return permanent;
  return type === 'deferred' || type === 'expired' ? false : undefined;
}

function idOf(format: FormatName, { id, identity, type }: Draft, recipient: string, at: number): string {
  const given = id?.trim() ?? '';
  if (given !== '' && given.length <= ID_LIMIT) return clean(given, ID_LIMIT);
  return contentHash([format, type, recipient, at, given, ...(identity ?? [])]);
}

function word(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? undefined : clean(trimmed, WORD_LIMIT);
}

/** Returns a message id without its angle brackets. */
export function bareId(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (/^\s*<([^<>]*)>\s*$/.exec(text)?.[1] ?? text);
}

function nameOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && NAME.test(first) ? first : undefined;
}

function poolOf(value: unknown): string | undefined {
  return typeof value === 'string' && POOL.test(value) ? value : undefined;
}

/** Returns the address without display name, comment and angle brackets. */
export function bareAddress(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.slice(0, 2 * WORD_LIMIT).trim();
  const open = text.lastIndexOf('<');
  const close = text.indexOf('>', open);
  const inside = open === -1 ? text : text.slice(open + 1, close === -1 ? undefined : close);
  const address = inside
    .replace(/^mailto:/i, '')
    .replace(/\([^()]*\)\s*$/, '')
    .trim();
  return address === '' ? undefined : address;
}

export function problem(reason: ProblemReason, detail: string, raw: string): Normalised {
  return { kind: 'problem', reason, detail, raw };
}

/** The problem for a payload with more elements than `elementLimit`. */
export function tooMany({ elementLimit }: NormaliseContext, raw: string): Normalised {
  return problem('too_large', `more than ${elementLimit ?? 0} elements in one payload`, raw);
}

/**
 * Removes duplicate problems of one element. Each problem carries the whole element, so the same problem of several recipients is
 * reported once.
 */
export function withoutRepeatedProblems(found: readonly Normalised[]): readonly Normalised[] {
  if (found.length < 2) return found;
  const seen = new Set<string>();
  return found.filter((one) => {
    if (one.kind !== 'problem') return true;
    const name = `${one.reason} ${one.detail}`;
    return !seen.has(name) && seen.add(name);
  });
}

/** Computes the text on first use and caches it. */
export function lazy(make: () => string): () => string {
  let made: string | undefined;
  return () => (made ??= make());
}

export function ignored(what: string): Normalised {
  return { kind: 'ignored', what: clean(what, WHAT_LIMIT) };
}

/** Ignores an event whose word nobody has described: it is counted by its name and shown. */
export function unknownWord(word: string): Normalised {
  // What is taken for a word may be an address, if a path of a mapping is wrong.
  return { kind: 'ignored', what: word.includes('@') ? 'a word with an @' : clean(word, WHAT_LIMIT), unknown: true };
}

/** Ignores an event that is not of interest if its word is one of those that the provider documents. */
export function ignoredWord(word: string, documented: ReadonlySet<string>): Normalised {
  return documented.has(word) ? ignored(word) : unknownWord(word);
}

const WHAT_LIMIT = 100;
