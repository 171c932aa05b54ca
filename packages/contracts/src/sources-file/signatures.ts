/** How providers sign, as their documentation says: `check: hmac` of these formats needs only the secret. */
import type { FormatName } from '@desist/formats/names';
import type { HmacSpec } from './types.ts';

export interface Signature extends Partial<Pick<HmacSpec, 'signature' | 'timestamp' | 'algorithm' | 'encoding' | 'key'>> {
  readonly header: string;
  readonly template?: string;
  /** Default of `tolerance`, ms: how long the provider repeats, where it may do so with its first signature. */
  readonly tolerance?: number;
}

const SIGNATURES: Readonly<Partial<Record<FormatName, Signature>>> = {
  // https://developers.mailersend.com/api/v1/webhooks.html#security
  mailersend: { header: 'signature' },
  // https://docs.mailtrap.io/email-api-smtp/advanced/webhooks
  mailtrap: { header: 'mailtrap-signature' },
  // https://docs.customer.io/integrations/api/webhooks; repeated for seven days.
  customerio: {
    ...{ header: 'x-cio-signature', timestamp: 'x-cio-timestamp', template: 'v0:{timestamp}:{body}' },
    tolerance: 7 * 86_400_000,
  },
  // https://developer.salesforce.com/docs/marketing/marketing-cloud/guide/ens-notification-signing.html
  salesforce: { header: 'x-sfmc-ens-signature', encoding: 'base64' },
  // https://lettermint.co/docs/platform/webhooks/signing
  lettermint: { header: 'x-lettermint-signature', signature: 't={timestamp},v1={signature}', template: '{timestamp}.{body}' },
  // https://learn.sweego.io/docs/webhooks/webhook_signature
  sweego: {
    ...{ header: 'webhook-signature', timestamp: 'webhook-timestamp', template: '{header:webhook-id}.{timestamp}.{body}' },
    ...{ encoding: 'base64', key: 'base64' },
  },
  // https://relay.hyvor.com/docs/webhooks
  hyvor: { header: 'x-signature' },
};

export function signatureOf(format: FormatName | undefined): Signature | undefined {
  return format === undefined ? undefined : SIGNATURES[format];
}
