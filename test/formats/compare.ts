/** The rules by which a normaliser's results match an expected file of the payload corpus (its README, "Meaning of the expected fields"). */
import { formatTime } from '@desist/formats/event';
import type { Normalised } from '@desist/formats';
import type { DeliveryEvent } from '@desist/domain';

const FIELDS = [
  'type',
  'recipient',
  'occurred_at',
  'message_id',
  'event_id',
  'smtp_code',
  'enhanced_status',
  'diagnostic',
  'permanent',
] as const;
export type Field = (typeof FIELDS)[number];
export type Value = string | number | boolean | null;

export interface Expected extends Readonly<Record<Field, Value>> {
  readonly _accept?: Partial<Readonly<Record<Field, readonly Value[]>>>;
  readonly _note?: string;
  readonly _context?: { readonly default_timezone?: string; readonly reference_time?: string };
}

export type Told = Readonly<Record<Field, Value>>;

/** An event in the words of the corpus. */
export function toldOf(event: DeliveryEvent): Told {
  return {
    type: event.type,
    recipient: event.recipient,
    occurred_at: formatTime(event.occurredAt),
    message_id: event.messageId ?? null,
    event_id: event.id,
    smtp_code: event.smtp?.code ?? null,
    enhanced_status: event.smtp?.enhanced ?? null,
    diagnostic: event.smtp?.text ?? null,
    permanent: event.permanent ?? null,
  };
}

/** The differences, one line each; empty if there are none. */
export function differences(expected: Expected | readonly Expected[], normalised: readonly Normalised[]): readonly string[] {
  const wanted = Array.isArray(expected) ? (expected as readonly Expected[]) : [expected as Expected];
  const left = normalised.flatMap((one) => (one.kind === 'event' ? [toldOf(one.event)] : []));
  const found: string[] = [];
  let problems = normalised.flatMap((one) => (one.kind === 'problem' ? [`${one.reason}: ${one.detail}`] : []));
  for (const one of wanted.filter(({ type }) => type !== 'ignored')) {
    const at = left.findIndex((told) => mismatches(one, told).length === 0);
    if (at !== -1) left.splice(at, 1);
    // A payload that names no recipient may be dead-lettered.
    else if (one.recipient === null && problems.length > 0) problems = problems.slice(1);
    else found.push(`no event for ${String(one.type)} ${String(one.recipient)}; ${closest(one, left)}`);
  }
  // An ignored result is optional; if present, it must be one of the accepted readings.
  const ignorable = wanted.filter(({ type }) => type === 'ignored');
  for (const told of left) {
    const at = ignorable.findIndex((one) => mismatches(one, told).length === 0);
    if (at === -1) found.push(`an event too many: ${JSON.stringify(told)}`);
    else ignorable.splice(at, 1);
  }
  return [...found, ...problems.map((problem) => `a problem too many: ${problem}`)];
}

function closest(expected: Expected, given: readonly Told[]): string {
  const [nearest] = given.map((told) => mismatches(expected, told)).sort((a, b) => a.length - b.length);
  return nearest === undefined ? 'none is left' : `the nearest: ${nearest.join('; ')}`;
}

export function mismatches(expected: Expected, told: Told): readonly string[] {
  return FIELDS.filter((field) => {
    const accepted = [expected[field], ...(expected._accept?.[field] ?? [])];
    return !accepted.some((value) => meets(field, value, told[field]));
  }).map((field) => `${field} is ${JSON.stringify(told[field])}, not ${JSON.stringify(expected[field])}`);
}

function meets(field: Field, wanted: Value, given: Value): boolean {
  switch (field) {
    case 'type':
      return wanted === given || (handedOver(wanted) && handedOver(given));
    case 'recipient':
      return String(wanted).toLowerCase() === String(given).toLowerCase();
    case 'occurred_at':
      return wanted === given || Math.abs(Date.parse(String(wanted)) - Date.parse(String(given))) <= 1;
    case 'event_id':
      return wanted === null || wanted === given;
    case 'diagnostic':
      return wanted === given || (wanted !== null && given !== null && alike(collapsed(wanted), collapsed(given)));
    default:
      return wanted === given;
  }
}

function handedOver(type: Value): boolean {
  return type === 'accepted' || type === 'sent';
}

function collapsed(value: Value): string {
  return String(value).replace(/\s+/g, ' ').trim();
}

/** True if the texts are equal or one contains the other; an empty text is contained in any. */
function alike(a: string, b: string): boolean {
  return a === b || (a !== '' && b !== '' && (a.includes(b) || b.includes(a)));
}
