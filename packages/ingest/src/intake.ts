/**
 * Turns the elements that a format has read into records of the log: events keyed by recipient, and dead letters for elements without one.
 *
 *   payload ──format──> elements ──encode──> events, dead letters ──store──> delivery-events, dead letters; durable
 */
import { encodeEvent, parseEvent, RECORD_LIMIT } from '@desist/formats/event';
import type { Format, NormaliseContext, Normalised } from '@desist/formats';
import { asTenant, isCommand } from '@desist/domain';
import type { DeliveryEvent, LogEvent } from '@desist/domain';
import type { LogSink, MessageMemory, OutRecord, RememberedMessage } from '@desist/pipeline';
import { messageKey } from './message.ts';
import type { Source } from './source.ts';
import type { IngestMetrics } from './metrics.ts';
import type { Notices } from './notices.ts';

export interface Encoded {
  readonly key: string;
  readonly value: string;
}

export interface EncodedBatch {
  readonly events: readonly Encoded[];
  readonly deadLetters: readonly OutRecord[];
  readonly ignored: number;
  /** Event words that the format does not know, one for each event. */
  readonly unknownWords: readonly string[];
  /** True: no part of the payload could be read. */
  readonly unreadable: boolean;
  readonly messages: readonly RememberedMessage[];
}

export interface Intake {
  /**
   * Reads a payload with its format. Reports without a recipient are completed from the remembered messages. Never rejects: an unavailable
   * memory counts as empty.
   */
  normalise(source: Source, payload: Uint8Array, context: NormaliseContext): Promise<readonly Normalised[]>;
  /** Encodes elements as records. `origin`: further headers of dead letters, beside reason, detail, tenant, source and format. */
  encode(source: Source, elements: readonly Normalised[], origin?: Readonly<Record<string, string>>): EncodedBatch;
  /** Durable when resolved. Rejects with `LogError` or `StoreError`; then it is safe to repeat the call. */
  store(batches: readonly EncodedBatch[], source: Source): Promise<void>;
}

export interface IntakeOptions {
  readonly sink: Pick<LogSink, 'append'>;
  readonly metrics: IngestMetrics;
  readonly notices?: Notices;
  /** Recipients of messages. Without it, reports without a recipient become dead letters. */
  readonly memory?: MessageMemory;
}

/** Largest value of a dead letter, bytes: together with its headers it fits into a record. */
const RAW_LIMIT = 768 * 1024;

export function createIntake({ sink, metrics, notices, memory }: IntakeOptions): Intake {
  return {
    async normalise(source, payload, context) {
      if (memory === undefined) return read(source.format, payload, context);
      // The first pass collects the message ids, so that one query can look up all of them.
      const keys = new Map<string, string>();
      const note = (id: string): undefined => void keys.set(id, messageKey(id));
      const elements = read(source.format, payload, { ...context, recipientOf: note });
      if (keys.size === 0) return elements;
      const answers = await memory.recall(asTenant(source.tenant), [...keys.values()]).catch(() => []);
      const known = new Map([...keys.keys()].map((id, index) => [id, answers[index]?.recipient]));
      return read(source.format, payload, { ...context, recipientOf: (id) => known.get(id) });
    },

    encode(source, elements, origin = {}) {
      const events: Encoded[] = [];
      const deadLetters: OutRecord[] = [];
      const messages: RememberedMessage[] = [];
      const unknownWords: string[] = [];
      let ignored = 0;
      let unreadable = 0;
      for (const given of elements) {
        const element = withMessageKey(source, given);
        if (element.kind === 'ignored') {
          ignored += 1;
          if (element.unknown === true) unknownWords.push(element.what);
          continue;
        }
        const read = element.kind === 'event' ? encoded(element.event) : element;
        if ('key' in read) {
          events.push(read);
          if (memory !== undefined && element.kind === 'event') messages.push(...messageOf(element.event));
        } else {
          if (read.reason === 'unreadable') unreadable += 1;
          deadLetters.push(letterOf(source, read, origin));
        }
      }
      const isUnreadable = unreadable > 0 && unreadable === deadLetters.length && events.length + ignored === 0;
      return { events, deadLetters, ignored, unknownWords, unreadable: isUnreadable, messages };
    },

    async store(batches, source) {
      const events = batches.flatMap((one) => one.events);
      const deadLetters = batches.flatMap((one) => one.deadLetters);
      if (events.length > 0) await sink.append('deliveryEvents', events);
      if (deadLetters.length > 0) await sink.append('deadLetters', deadLetters);
      for (const { headers } of deadLetters) metrics.deadLetter(headers?.['reason'] ?? 'invalid');
      const format = source.format.name;
      metrics.element(format, 'event', events.length);
      metrics.element(format, 'dead_letter', deadLetters.length);
      metrics.element(
        format,
        'ignored',
        batches.reduce((sum, { ignored }) => sum + ignored, 0),
      );
      for (const word of batches.flatMap((one) => one.unknownWords)) notices?.unknownWord({ name: source.name, format }, word);
      const messages = batches.flatMap((one) => one.messages);
      // The events are durable already. A failure here costs at most a dead letter later.
      if (messages.length > 0) await memory?.remember(messages).catch(() => undefined);
    },
  };
}

function read(format: Format, payload: Uint8Array, context: NormaliseContext): readonly Normalised[] {
  try {
    return format.normalise(payload, context);
  } catch (error) {
    // Formats must not throw. If one does, the payload must not be lost.
    const detail = `the format failed: ${error instanceof Error ? error.name : 'unknown error'}`;
    return [{ kind: 'problem', reason: 'invalid', detail, raw: Buffer.from(payload).toString('utf8') }];
  }
}

type Problem = Extract<Normalised, { kind: 'problem' }>;

function encoded(event: DeliveryEvent): Encoded | Problem {
  const record = encodeEvent(event);
  if (event.id !== '' && Buffer.byteLength(record.value) <= RECORD_LIMIT) return record;
  const parsed = parseEvent(JSON.parse(record.value), Number.MAX_SAFE_INTEGER);
  if (!parsed.ok) return { kind: 'problem', reason: 'invalid', detail: parsed.detail, raw: record.value };
  const again = encodeEvent(parsed.event);
  const bytes = Buffer.byteLength(again.value);
  return bytes <= RECORD_LIMIT
    ? again
    : { kind: 'problem', reason: 'too_large', detail: `the event has ${bytes} bytes, at most ${RECORD_LIMIT}`, raw: record.value };
}

function letterOf(source: Source, { reason, detail, raw }: Problem, origin: Readonly<Record<string, string>>): OutRecord {
  const bytes = Buffer.byteLength(raw);
  const headers = { reason, detail, tenant: source.tenant, source: source.name, format: source.format.name, ...origin };
  if (bytes <= RAW_LIMIT) return { key: null, value: Buffer.from(raw), headers };
  // Cut before encoding, because many elements may each be as long as the body.
  const value = Buffer.from(raw.slice(0, RAW_LIMIT)).subarray(0, RAW_LIMIT);
  return { key: null, value, headers: { ...headers, bytes: String(bytes) } };
}

// ------------------------------------------------------------------------------------- recipients of messages

/** The message of an event, to be remembered; empty for commands and events without a message id. */
export function messageOf(event: LogEvent): readonly RememberedMessage[] {
  if (isCommand(event) || event.messageId === undefined) return [];
  const { tenant, recipient, messageId } = event;
  return [{ tenant, key: messageKey(messageId), recipient, messageId }];
}

/**
 * A returned mail identifies its message by a header, other events by the platform's id. Both are normalised to one key, so that a bounce
 * matches its delivery.
 */
function withMessageKey(source: Source, element: Normalised): Normalised {
  if (element.kind !== 'event' || !REPORTS.has(source.format.name) || element.event.messageId === undefined) return element;
  return { kind: 'event', event: { ...element.event, messageId: messageKey(element.event.messageId) } };
}

const REPORTS: ReadonlySet<string> = new Set(['dsn', 'arf']);
