/** Moments as options take them: RFC 3339, or a duration from now. */
import { formatTime, parseDuration, parseTime } from '@desist/formats/event';
import type { Value } from './command.ts';

/** A moment before now: `7d` is seven days ago. The value is RFC 3339. */
export function momentBefore(summary: string, now: () => number = Date.now): Value<string, 'optional'> {
  return { ...momentAhead(summary, now), summary: `${summary}: 7d before now, or RFC 3339`, read: (text) => readMoment(text, now, -1) };
}

/** A moment ahead: `24h` is 24 hours from now. The value is RFC 3339. */
export function momentAhead(summary: string, now: () => number = Date.now): Value<string, 'optional'> {
  const read = (text: string): string => readMoment(text, now, 1);
  return { kind: 'value', placeholder: 'TIME', summary: `${summary}: 24h from now, or RFC 3339`, read, presence: 'optional' };
}

function readMoment(text: string, now: () => number, direction: 1 | -1): string {
  const duration = parseDuration(text);
  if (duration !== undefined) return formatTime(now() + direction * duration);
  if (parseTime(text) === undefined) throw new Error('must be a duration (90m, 24h, 7d) or an RFC 3339 time');
  return text;
}
