/**
 * What a provider does when its request is refused, and so with which status it is refused: one after which the provider repeats the
 * request. Otherwise a wrong path or secret would make it throw the events away.
 */
import type { FormatName } from '@desist/formats';

export interface Retrier {
  /** `any`: repeats after every refusal but those in `ends`. Otherwise the statuses after which it repeats. */
  readonly repeats: 'any' | '5xx' | '429';
  readonly ends?: readonly number[];
  /** Where the provider says so; null: it does not say it in public, so the status is one that nearly everybody repeats. */
  readonly source: string | null;
}

const UNDOCUMENTED: Retrier = { repeats: '5xx', source: null };

const RETRIERS: Readonly<Partial<Record<FormatName, Retrier>>> = {
  // Client errors are final, server errors are repeated for at most an hour, by default three times within a minute.
  ses: { repeats: '5xx', source: 'https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html' },
  mailgun: {
    ...{ repeats: 'any', ends: [406] },
    source: 'https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-retries',
  },
  // Four repeats within eleven hours.
  brevo: { repeats: '429', source: 'https://developers.brevo.com/docs/retry-mechanism' },
  // Documented for its webhooks of incoming mail: 403 ends. Others were observed to end, too.
  postmark: { repeats: '5xx', source: 'https://postmarkapp.com/support/article/understanding-inbound-webhook-retries-in-postmark' },
  azure: {
    ...{ repeats: 'any', ends: [400, 401, 403, 404, 413] },
    source: 'https://learn.microsoft.com/azure/event-grid/delivery-and-retry',
  },
  resend: { repeats: 'any', source: 'https://resend.com/docs/webhooks/retries-and-replays' },
  // Over seven days. It holds back what comes after a request that was refused.
  customerio: { repeats: 'any', source: 'https://docs.customer.io/integrations/api/webhooks' },
  // Three times, after everything but 200 to 204.
  salesforce: { repeats: 'any', source: 'https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/ens-retries-suspensions' },
  // Six times within 30 hours.
  hyvor: { repeats: 'any', source: 'https://relay.hyvor.com/docs/webhooks' },
};

/** Formats of a sender's own services, which read the status as HTTP means it. Cloudflare's queues are read by a sender's own consumer. */
const OWN: ReadonlySet<string> = new Set([
  'canonical',
  'cloudflare',
  'kumomta',
  'powermta',
  'haraka',
  'postfix',
  'exim',
  'sendmail',
  'opensmtpd',
  'exchange',
]);

/** Null: the format is not that of a provider. */
export function retrierOf(format: string): Retrier | null {
  return OWN.has(format) ? null : (RETRIERS[format as FormatName] ?? UNDOCUMENTED);
}

export function isRepeated({ repeats, ends = [] }: Retrier, status: number): boolean {
  if (status < 300) return false;
  switch (repeats) {
    case 'any':
      return !ends.includes(status);
    case '5xx':
      return status >= 500;
    case '429':
      return status === 429;
    default:
      return repeats satisfies never;
  }
}

/** The status for a refusal of a request of this format: the given one if the provider repeats after it. */
export function answerTo(format: string, status: number): number {
  const retrier = retrierOf(format);
  if (retrier === null || status < 400 || isRepeated(retrier, status)) return status;
  return retrier.repeats === '429' ? 429 : 503;
}
