/** Reads files of events of any format, and hands what they hold to a fold. */
import { parseIncident, peekEvent } from '@desist/contracts';
import type { PeekedOffsets, PeekedType } from '@desist/contracts';
import { parseEvent } from '@desist/formats/event';
import { lineBytesIn, textOfLine } from '@desist/formats/chunks';
import { payloadBatches, placeOf } from '@desist/formats/read-payload';
import type { OpenedPayload, ReaderStates } from '@desist/formats/read-payload';
import type { IncidentNotice, LogEvent, SenderNotice } from '@desist/domain';
import type { NormaliseContext, Normalised } from '@desist/formats';
import { createZoneAdvice } from './payloads.ts';
import { warn } from './terminal.ts';

/** What is read goes here, in the order of the file. */
export interface EventReceiver {
  event(event: LogEvent): void;
  /** A delivery or acceptance that was recognised on its bytes, with its key. False: it must be decoded. Absent: each must. */
  peeked?(type: PeekedType, event: { readonly key: Uint8Array; readonly value: Uint8Array; readonly offsets: PeekedOffsets }): boolean;
  incident(notice: IncidentNotice): void;
  sender(notice: SenderNotice): void;
  readonly unreadable: Problems;
}

export interface ReadProgress {
  /** Bytes of the file that have been read. */
  readonly bytes: number;
  /** Of what was read since the last time. */
  readonly ignored: number;
}

export interface OpenedEvents extends OpenedPayload {
  readonly note: (one: Normalised) => void;
  readonly states: ReaderStates;
}

const PROBLEMS_SHOWN = 10;
/** A record time beyond every event, ms, so that no event's time is clamped. */
const NO_RECORD_TIME = 8.64e15;

/** Canonical files are parsed here, because they may contain commands and incidents, which no provider's format has. */
export async function* readEvents(to: EventReceiver, opened: OpenedEvents, context: NormaliseContext): AsyncGenerator<ReadProgress> {
  if (opened.format.name === 'canonical') {
    for await (const { lines, first, bytes } of lineBytesIn(opened.chunks)) {
      for (const [n, line] of lines.entries()) readLine(to, line, first + n);
      yield { bytes, ignored: 0 };
    }
    return;
  }
  for await (const { elements, of, bytes } of payloadBatches(opened, context, opened.states)) {
    let ignored = 0;
    for (const { one, number } of elements) {
      opened.note(one);
      if (one.kind === 'event') to.event(one.event);
      else if (one.kind === 'problem') to.unreadable.note(placeOf(of, number), `${one.reason}, ${one.detail}`);
      else ignored += 1;
    }
    yield { bytes, ignored };
  }
}

const OFFSETS: PeekedOffsets = {
  ...{ occurredAt: 0, messageStart: 0, messageEnd: 0, hostStart: 0, hostEnd: 0 },
  ...{ streamStart: 0, streamEnd: 0, poolStart: 0, poolEnd: 0 },
};

function readLine(to: EventReceiver, value: Uint8Array, number: number): void {
  const peeked = to.peeked === undefined ? undefined : peekEvent(value, OFFSETS);
  if (peeked !== undefined && to.peeked?.(peeked.type, { key: peeked.key, value, offsets: OFFSETS }) === true) return;
  const text = textOfLine(value);
  if (text.trim() === '') return;
  const place = `line ${number}`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    to.unreadable.note(place, 'not JSON');
    return;
  }
  for (const one of Array.isArray(json) ? (json as unknown[]) : [json]) {
    if (isIncident(one)) {
      const decoded = parseIncident(one);
      if (!decoded.ok) to.unreadable.note(place, `${decoded.reason}, ${decoded.detail}`);
      else if (decoded.kind === 'sender') to.sender(decoded.notice);
      else to.incident(decoded.notice);
      continue;
    }
    const parsed = parseEvent(one, NO_RECORD_TIME);
    if (parsed.ok) to.event(parsed.event);
    else to.unreadable.note(place, `${parsed.reason}, ${parsed.detail}`);
  }
}

/** Whether this is the record of an incident. */
function isIncident(json: unknown): boolean {
  return typeof json === 'object' && json !== null && (json as { readonly type?: unknown }).type === 'incident';
}

// -------------------------------------------------------------------------------------------------------- problems

export interface Problems {
  note(place: string, problem: string): void;
  count(): number;
  /** How to make them readable. */
  advice(): readonly string[];
}

export function createProblems(json: boolean): Problems {
  let count = 0;
  const zones = createZoneAdvice();
  return {
    note(place, problem) {
      count += 1;
      zones.note(problem);
      if (count <= PROBLEMS_SHOWN) warn(`${place}: ${problem}`);
      if (count === PROBLEMS_SHOWN && !json) warn('further lines with this problem are only counted');
    },
    count: () => count,
    advice: () => zones.advice(),
  };
}
