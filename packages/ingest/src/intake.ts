/**
 * From what a format has read to records of the log: events re-keyed by recipient, and dead letters for what has none.
 *
 *   payload ──format──> elements ──take──> events, dead letters ──store──> delivery-events, dead letters; durable
 */
import { encodeEvent, parseEvent, RECORD_LIMIT } from '@desist/contracts';
import type { Format, NormaliseContext, Normalised } from '@desist/contracts/formats';
import { isCommand } from '@desist/domain';
import type { DeliveryEvent, LogEvent } from '@desist/domain';
import type { LogSink, MessageMemory, OutRecord, RememberedMessage } from '@desist/pipeline';
import { messageKey } from './message.ts';
import type { Source } from './source.ts';
import type { IngestTally } from './tally.ts';

export interface Encoded {
  readonly key: string;
  readonly value: string;
}

export interface Taken {
  readonly events: readonly Encoded[];
  readonly deadLetters: readonly OutRecord[];
  readonly ignored: number;
  /** Nothing of the payload could be read at all. */
  readonly unreadable: boolean;
  readonly messages: readonly RememberedMessage[];
}

export interface Intake {
  /** What the format says of a payload, reports about messages that are remembered completed. Never rejects: a memory that is away knows nothing. */
  normalise(source: Source, payload: Uint8Array, context: NormaliseContext): Promise<readonly Normalised[]>;
  /** `origin`: headers of its dead letters beside reason, detail, source and format. */
  take(source: Source, elements: readonly Normalised[], origin?: Readonly<Record<string, string>>): Taken;
  /** Durable when resolved. Rejects with `LogError` or `StoreError`; then the same again is harmless. */
  store(taken: readonly Taken[], source: Source): Promise<void>;
}

export interface IntakeOptions {
  readonly sink: Pick<LogSink, 'append'>;
  readonly tally: IngestTally;
  /** Who messages went to; without it reports that leave the recipient out are dead letters. */
  readonly memory?: MessageMemory;
}

/** Bytes of a dead letter's value: with its headers it fits into a record. */
const RAW_LIMIT = 768 * 1024;

export function createIntake({ sink, tally, memory }: IntakeOptions): Intake {
  return {
    async normalise(source, payload, context) {
      if (memory === undefined) return read(source.format, payload, context);
      // First it is found out who is asked for, then they are asked for, all at once.
      const asked = new Map<string, string>();
      const note = (id: string): undefined => void asked.set(id, messageKey(id));
      const elements = read(source.format, payload, { ...context, recipientOf: note });
      if (asked.size === 0) return elements;
      const answers = await memory.recall(source.tenant, [...asked.values()]).catch(() => []);
      const known = new Map([...asked.keys()].map((id, index) => [id, answers[index]?.recipient]));
      return read(source.format, payload, { ...context, recipientOf: (id) => known.get(id) });
    },

    take(source, elements, origin = {}) {
      const events: Encoded[] = [];
      const deadLetters: OutRecord[] = [];
      const messages: RememberedMessage[] = [];
      let ignored = 0;
      let unreadable = 0;
      for (const given of elements) {
        const element = joined(source, given);
        if (element.kind === 'ignored') {
          ignored += 1;
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
      const nothing = unreadable > 0 && unreadable === deadLetters.length && events.length + ignored === 0;
      return { events, deadLetters, ignored, unreadable: nothing, messages };
    },

    async store(taken, source) {
      const events = taken.flatMap((one) => one.events);
      const deadLetters = taken.flatMap((one) => one.deadLetters);
      if (events.length > 0) await sink.append('deliveryEvents', events);
      if (deadLetters.length > 0) await sink.append('deadLetters', deadLetters);
      for (const { headers } of deadLetters) tally.deadLetter(headers?.['reason'] ?? 'invalid');
      const format = source.format.name;
      tally.element(format, 'event', events.length);
      tally.element(format, 'dead_letter', deadLetters.length);
      tally.element(
        format,
        'ignored',
        taken.reduce((sum, { ignored }) => sum + ignored, 0),
      );
      const messages = taken.flatMap((one) => one.messages);
      // The events are in the log: what is not remembered costs a dead letter later, at most.
      if (messages.length > 0) await memory?.remember(messages).catch(() => undefined);
    },
  };
}

function read(format: Format, payload: Uint8Array, context: NormaliseContext): readonly Normalised[] {
  try {
    return format.normalise(payload, context);
  } catch (error) {
    // No format throws; if one does, the payload must not be lost for it.
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
  const bytes = Buffer.from(raw);
  const headers = { reason, detail, source: source.name, format: source.format.name, ...origin };
  if (bytes.length <= RAW_LIMIT) return { key: null, value: bytes, headers };
  return { key: null, value: bytes.subarray(0, RAW_LIMIT), headers: { ...headers, bytes: String(bytes.length) } };
}

// ------------------------------------------------------------------------------------- who a message went to

/** What can be remembered of an event; commands and events without a message have nothing. */
export function messageOf(event: LogEvent): readonly RememberedMessage[] {
  if (isCommand(event) || event.messageId === undefined) return [];
  const { tenant, recipient, messageId } = event;
  return [{ tenant, key: messageKey(messageId), recipient, messageId }];
}

/** A returned mail names its message by a header, its events by the platform's id: one name, so that a bounce meets its delivery. */
function joined(source: Source, element: Normalised): Normalised {
  if (element.kind !== 'event' || !REPORTS.has(source.format.name) || element.event.messageId === undefined) return element;
  return { kind: 'event', event: { ...element.event, messageId: messageKey(element.event.messageId) } };
}

const REPORTS: ReadonlySet<string> = new Set(['dsn', 'arf']);
