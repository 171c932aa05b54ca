/** Azure Communication Services, through Event Grid: an array of events, in Event Grid's schema or as CloudEvents. */
import type { DeliveryEventType } from '@desist/domain';
import { eventOf, ignored, ignoredWord, problem, unknownWord } from './draft.ts';
import type { Draft } from './draft.ts';
import { elementFormat } from './elements.ts';
import type { NormaliseContext, Normalised } from './format.ts';
import { fieldsOf, idOf, textOf } from './json.ts';
import type { Fields } from './json.ts';

export const azure = elementFormat({
  name: 'azure',
  looksLike: ({ first }) => /^Microsoft\.(?:Communication\.Email|EventGrid\.)/.test(nameOf(first) ?? ''),
  read,
});

const REPORT = 'Microsoft.Communication.EmailDeliveryReportReceived';
const ENGAGEMENT = 'Microsoft.Communication.EmailEngagementTrackingReportReceived';

type Meaning = Partial<Draft> & { readonly type: DeliveryEventType };

/** Any status but Delivered is a failure. A filter's decision about the content is no evidence about the mailbox. */
const STATUSES: ReadonlyMap<string, Meaning> = new Map([
  ['delivered', { type: 'delivered' }],
  ['bounced', { type: 'bounced', permanent: true }],
  ['failed', { type: 'bounced' }],
  ['suppressed', { type: 'rejected' }],
  ['filteredspam', { type: 'bounced', permanent: false, certain: false }],
  ['quarantined', { type: 'bounced', permanent: false, certain: false }],
]);

function nameOf(element: Fields): string | undefined {
  return textOf(element['eventType']) ?? (element['specversion'] === undefined ? undefined : textOf(element['type']));
}

function read(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const name = nameOf(element);
  if (name === undefined) return problem('invalid', 'eventType: missing', raw());
  if (name === ENGAGEMENT) return engagement(element, context, raw);
  if (name !== REPORT) return name.startsWith('Microsoft.EventGrid.') ? ignored(name) : unknownWord(name);
  const data = fieldsOf(element['data']);
  const status = textOf(data['status']);
  if (status === undefined) return problem('invalid', 'data.status: missing', raw());
  // A distribution list was expanded: its members have reports of their own.
  const meaning = STATUSES.get(status.toLowerCase());
  if (meaning === undefined) return ignoredWord(status, EXPANDED);
  const details = fieldsOf(data['deliveryStatusDetails']);
  const messageId = idOf(data['messageId']);
  const text = textOf(details['statusMessage']);
  return eventOf(
    'azure',
    {
      recipient: data['recipient'],
      // Both spellings are in the documentation.
      time: ['data.deliveryAttemptTimeStamp', data['deliveryAttemptTimeStamp'] ?? data['deliveryAttemptTimestamp'] ?? element['eventTime']],
      id: idOf(element['id']),
      identity: [messageId, status, text],
      messageId,
      text,
      remoteHost: textOf(details['recipientMailServerHostName']),
      ...meaning,
    },
    context,
    raw,
  );
}

function engagement(element: Fields, context: NormaliseContext, raw: () => string): Normalised {
  const data = fieldsOf(element['data']);
  // Both names are in the documentation.
  const kind = textOf(data['engagementType']) ?? textOf(data['engagement']);
  if (kind?.toLowerCase() !== 'click')
    return kind === undefined ? problem('invalid', 'data.engagementType: missing', raw()) : ignoredWord(kind.toLowerCase(), VIEWS);
  const messageId = idOf(data['messageId']);
  return eventOf(
    'azure',
    {
      type: 'engaged',
      recipient: data['recipient'],
      time: ['data.userActionTimeStamp', data['userActionTimeStamp'] ?? data['userActionTimestamp'] ?? element['eventTime']],
      id: idOf(element['id']),
      identity: [messageId, kind],
      messageId,
    },
    context,
    raw,
  );
}

const VIEWS: ReadonlySet<string> = new Set(['view']);
const EXPANDED: ReadonlySet<string> = new Set(['Expanded']);
