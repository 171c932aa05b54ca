/** Mailtrap: events in the array `events`, or one per line. */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignoredWord, problem } from './draft.ts';
import { asArray, elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, listOf, textOf } from './json.ts';
import type { Fields } from './json.ts';
import { replyCodes } from './reply.ts';

export const mailtrap = elementFormat({
  name: 'mailtrap',
  looksLike: ({ first }) => {
    const event = fieldsOf(listOf(first['events'])[0]);
    return typeof event['event'] === 'string' && 'event_id' in event && 'email' in event;
  },
  elements: (document) =>
    asArray(document).flatMap((one) => {
      const { events } = fieldsOf(one);
      return Array.isArray(events) ? (events as unknown[]) : [one];
    }),
  read,
});

const TYPES: ReadonlyMap<string, DeliveryEventType> = new Map([
  ['delivery', 'delivered'],
  ['soft bounce', 'bounced'],
  ['bounce', 'bounced'],
  ['spam', 'complained'],
  ['unsubscribe', 'unsubscribed'],
  // Mailtrap's own decisions: nothing was tried.
  ['suspension', 'rejected'],
  ['reject', 'rejected'],
  ['click', 'engaged'],
]);
const OTHERS: ReadonlySet<string> = new Set(['open']);

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const event = textOf(element['event'])?.toLowerCase();
  if (event === undefined) return problem('invalid', 'event: missing', raw());
  const type = TYPES.get(event);
  if (type === undefined) return ignoredWord(event, OTHERS);
  const text = textOf(element['response']) ?? textOf(element['reason']);
  const messageId = idOf(element['message_id']);
  return eventOf(
    'mailtrap',
    {
      type,
      recipient: element['email'],
      time: ['timestamp', element['timestamp']],
      id: idOf(element['event_id']),
      identity: [messageId, event, text],
      messageId,
      // The field may differ from the reply, which is the destination's own.
      code: replyCodes(text ?? '').code ?? element['response_code'],
      text,
      permanent: event === 'bounce',
      metadata: element['custom_variables'],
    },
    context,
    raw,
  );
}
