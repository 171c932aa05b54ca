/**
 * `format: mapping`: a provider without a format of its own, described in the sources file by paths and a table of event words. What the
 * table does not name is no event: it is counted by its name.
 */
import type { DeliveryEventType, EngagementKind } from '@desist/domain';
import type { DetectableFormat } from '../detect.ts';
import { eventOf, ignored, lazy, problem, tooMany, unknownWord, withoutRepeatedProblems } from '../draft.ts';
import type { Draft } from '../draft.ts';
import { readable } from '../elements.ts';
import { formFields } from '../form.ts';
import type { NormaliseContext, Normalised } from '../format.ts';
import { countOf, idOf, jsonPieces, rawOf, textOf, TOO_MANY } from '../json.ts';
import type { JsonPiece } from '../json.ts';
import { hasEach, opened, valuesAt } from './path.ts';
import type { Path, Place } from './path.ts';
import { timeOf } from './unit.ts';
import type { Unit } from './unit.ts';

export { hasEach, parsePath } from './path.ts';
export type { Path } from './path.ts';
export { isUnit, UNITS } from './unit.ts';
export type { Unit } from './unit.ts';

/** What a word means. */
export const MEANINGS = [
  'accepted',
  'deferred',
  'delivered',
  'bounced',
  'bounced_permanent',
  'bounced_temporary',
  'expired',
  'rejected',
  'complained',
  'unsubscribed',
  'engaged_click',
  'engaged_reply',
  'engaged_login',
  'engaged_confirmed',
  'ignored',
] as const;
export type Meaning = (typeof MEANINGS)[number];

/** Fields of an event, each with up to eight paths of which the first that has a value counts. */
export const MAPPED_FIELDS = [
  'event',
  'subtype',
  'recipient',
  'time',
  'id',
  'message',
  'reply',
  'code',
  'status',
  'host',
  'attempt',
  'tenant',
  'stream',
  'pool',
] as const;
export type MappedField = (typeof MAPPED_FIELDS)[number];

/** Stands for every word that the table does not name. */
export const ANY_WORD = '*';

export interface Mapping {
  /** Where the events are. Null: the body is one event, or an array of them. */
  readonly events: Path | null;
  readonly fields: Readonly<Partial<Record<MappedField, readonly Path[]>>>;
  readonly unit: Unit;
  /** Keyed by the word in lower case, or word and subtype with a slash between them. */
  readonly words: ReadonlyMap<string, Meaning>;
}

/** The key of a word in the table. */
export function wordKey(word: string): string {
  return word.trim().toLowerCase();
}

export function mappingFormat(mapping: Mapping): DetectableFormat {
  return {
    name: 'mapping',
    // A mapping is what its source says; nothing is recognised by it.
    looksLike: () => false,
    normalise(payload, context) {
      const text = readable(payload);
      if (typeof text !== 'string') return [text];
      if (text.trim() === '') return [problem('unreadable', 'an empty payload', '')];
      const pieces = documentsOf(text, context);
      if (pieces === TOO_MANY) return [tooMany(context, text)];
      if (pieces.length === 0) return [problem('unreadable', 'neither JSON nor a form', text)];
      const most = context.elementLimit ?? Number.POSITIVE_INFINITY;
      const found: Normalised[] = [];
      for (const piece of pieces) {
        if (!piece.ok) {
          found.push(problem('unreadable', piece.problem, piece.text));
          continue;
        }
        const inner = new Map<string, unknown>();
        const body = piece.value;
        const headers = context.headers ?? {};
        const events = eventsOf(mapping, { event: body, body, headers, inner });
        if (events === undefined) found.push(problem('invalid', 'events: nothing is at this path', piece.text));
        for (const [index, event] of events?.entries() ?? []) {
          const place = { event, body, headers, inner };
          const raw = lazy(() => (event === body ? piece.text : rawOf(event, piece.text)));
          found.push(...readEvent({ mapping, place, context, raw, index, only: events?.length === 1 }));
          // Recipients may stand in a text that the count of the payload did not see.
          if (found.length > most) return [tooMany(context, text)];
        }
      }
      return found;
    },
  };
}

function documentsOf(text: string, { elementLimit }: NormaliseContext): readonly JsonPiece[] | typeof TOO_MANY {
  const form = /^\s*[{["]/.test(text) ? undefined : formFields(text);
  if (form !== undefined) return [{ ok: true, value: form, text }];
  return jsonPieces(text, elementLimit);
}

/** Undefined: the path leads nowhere. */
function eventsOf({ events }: Mapping, place: Place): readonly unknown[] | undefined {
  const there = events === null ? [place.body] : valuesAt(events, place).map((value) => opened(value, place.inner));
  // The entries of an array, whether the path ends with `[]` or not.
  return there.length === 0 && !(events !== null && hasEach(events)) ? undefined : there.flat();
}

interface Reading {
  readonly mapping: Mapping;
  readonly place: Place;
  readonly context: NormaliseContext;
  readonly raw: () => string;
  readonly index: number;
  /** The only event of its body. */
  readonly only: boolean;
}

const TYPES: Readonly<
  Record<Exclude<Meaning, 'ignored'>, { readonly type: DeliveryEventType; readonly permanent?: boolean; readonly kind?: EngagementKind }>
> = {
  accepted: { type: 'accepted' },
  deferred: { type: 'deferred' },
  delivered: { type: 'delivered' },
  bounced: { type: 'bounced' },
  bounced_permanent: { type: 'bounced', permanent: true },
  bounced_temporary: { type: 'bounced', permanent: false },
  expired: { type: 'expired' },
  rejected: { type: 'rejected' },
  complained: { type: 'complained' },
  unsubscribed: { type: 'unsubscribed' },
  engaged_click: { type: 'engaged', kind: 'click' },
  engaged_reply: { type: 'engaged', kind: 'reply' },
  engaged_login: { type: 'engaged', kind: 'login' },
  engaged_confirmed: { type: 'engaged', kind: 'confirmed' },
};

function readEvent({ mapping, place, context, raw, index, only }: Reading): readonly Normalised[] {
  if (typeof place.event !== 'object' || place.event === null) return [problem('invalid', 'an event that is not a JSON object', raw())];
  const { fields, unit, words } = mapping;
  const at = (field: MappedField): unknown => {
    for (const path of fields[field] ?? []) {
      const value = valuesAt(path, place).find((one) => one !== '');
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const word = wordOf(at('event'));
  if (word === undefined && fields.event !== undefined) return [problem('invalid', 'event: missing', raw())];
  const subtype = wordOf(at('subtype'));
  const meaning = meaningOf(words, word, subtype);
  if (meaning === undefined) return [unknownWord(subtype === undefined ? (word ?? '') : `${word ?? ''}/${subtype}`)];
  if (meaning === 'ignored') return [ignored(word ?? ANY_WORD)];
  const id = idOf(at('id'));
  const messageId = idOf(at('message'));
  const text = textOf(at('reply'));
  // An id in a header is that of the whole request.
  const shared = !only && (fields.id ?? []).some(({ from }) => from !== 'event');
  const draft: Omit<Draft, 'recipient'> = {
    ...TYPES[meaning],
    time: timeAt(at('time'), unit, context),
    id: shared ? undefined : id,
    identity: [shared ? id : undefined, shared ? index : undefined, messageId, word, subtype, text],
    messageId,
    attempt: countOf(at('attempt')),
    code: at('code'),
    enhanced: at('status'),
    text,
    remoteHost: textOf(at('host')),
    pool: at('pool'),
    metadata: { desist_tenant: at('tenant'), desist_stream: at('stream') },
  };
  return withoutRepeatedProblems(
    recipientsOf(fields.recipient ?? [], place).map((recipient) => eventOf('mapping', { ...draft, recipient }, context, raw)),
  );
}

function timeAt(value: unknown, unit: Unit, context: NormaliseContext): Draft['time'] {
  return value === undefined ? ['time', undefined] : timeOf(value, unit, context);
}

function meaningOf(words: Mapping['words'], word: string | undefined, subtype: string | undefined): Meaning | undefined {
  const both = word === undefined || subtype === undefined ? undefined : words.get(wordKey(`${word}/${subtype}`));
  return both ?? (word === undefined ? undefined : words.get(wordKey(word))) ?? words.get(ANY_WORD);
}

/** Words are texts, numbers (codes of events) and booleans. */
function wordOf(value: unknown): string | undefined {
  return typeof value === 'boolean' ? String(value) : idOf(value);
}

/** All values of the first path that has any; one that is a list stands for its entries. */
function recipientsOf(paths: readonly Path[], place: Place): readonly unknown[] {
  for (const path of paths) {
    const values = valuesAt(path, place)
      .flat()
      .filter((one) => one !== '' && one !== null);
    if (values.length > 0) return values;
  }
  return [undefined];
}
