/** From what a format has read of an element to an event: one address, one time, bounded text, an identity. */
import type { DeliveryEvent, DeliveryEventType } from '@desist/domain';
import { normaliseAddress } from '../address.ts';
import { contentHash, NAME } from '../event.ts';
import { clean, ID_LIMIT, optional, TEXT_LIMIT, WORD_LIMIT } from '../text.ts';
import type { FormatName, NormaliseContext, Normalised, ProblemReason } from './format.ts';
import { DAMAGED } from './json.ts';
import { codeOf, enhancedOf, replyCodes } from './reply.ts';
import { momentOf } from './time.ts';
import type { Moment } from './time.ts';

export interface Draft {
  readonly type: DeliveryEventType;
  /** As the payload has it: with a display name, in angle brackets, missing. */
  readonly recipient: unknown;
  /** Name of the field of the time, for problems, and what it holds; or a moment that the format has found itself. */
  readonly time: readonly [field: string, value: unknown] | Moment;
  /** The provider's own id of the event, where it has one. */
  readonly id?: string | undefined;
  /** What else makes the event this one; recipient, type and time are added. */
  readonly identity?: readonly unknown[];
  readonly messageId?: string | undefined;
  readonly attempt?: number | undefined;
  /** From a field of its own; what is no reply code is left out. */
  readonly code?: unknown;
  /** From a field of its own; otherwise the text is read. */
  readonly enhanced?: unknown;
  readonly text?: string | undefined;
  readonly remoteHost?: string | undefined;
  readonly phase?: DeliveryEvent['phase'];
  /** Of a bounce: the source's verdict. A deferral and an expiry are never permanent, other types have none. */
  readonly permanent?: boolean | undefined;
  /** False: the source does not say for certain that this is about this recipient. */
  readonly certain?: false | undefined;
  /** Where the sender may have put `desist_tenant` and `desist_stream`. */
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
  const smtp = replyOf(draft);
  const metadata = typeof draft.metadata === 'object' && draft.metadata !== null ? (draft.metadata as Record<string, unknown>) : {};
  return {
    kind: 'event',
    event: {
      id: idOf(format, draft, address.address, at),
      tenant: nameOf(metadata['desist_tenant']) ?? context.tenant,
      recipient: address.address,
      occurredAt: at,
      type,
      stream: nameOf(metadata['desist_stream']) ?? context.stream,
      ...optional('messageId', word(bareId(draft.messageId))),
      ...optional('attempt', draft.attempt),
      ...optional('smtp', smtp),
      ...optional('phase', draft.phase),
      ...optional('remoteHost', word(draft.remoteHost)),
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
  const said = text === undefined || text === '' ? {} : replyCodes(text);
  const reply = {
    ...optional('code', codeOf(draft.code) ?? said.code),
    ...optional('enhanced', enhancedOf(draft.enhanced) ?? said.enhanced),
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

/** A message id without its angle brackets. */
export function bareId(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (/^\s*<([^<>]*)>\s*$/.exec(text)?.[1] ?? text);
}

function nameOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' && NAME.test(first) ? first : undefined;
}

/** The address without display name, comment and angle brackets. */
export function bareAddress(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.slice(0, 2 * WORD_LIMIT).trim();
  const open = text.lastIndexOf('<');
  const close = text.indexOf('>', open);
  const inside = open === -1 ? text : text.slice(open + 1, close === -1 ? undefined : close);
  const address = inside
    .replace(/^mailto:/i, '')
    .replace(/\s*\([^()]*\)\s*$/, '')
    .trim();
  return address === '' ? undefined : address;
}

export function problem(reason: ProblemReason, detail: string, raw: string): Normalised {
  return { kind: 'problem', reason, detail, raw };
}

export function ignored(what: string): Normalised {
  return { kind: 'ignored', what: clean(what, 100) };
}
