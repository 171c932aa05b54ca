/** How providers sign, as their documentation says: `check: hmac` of these formats needs only the secret. */
import type { FormatName } from '@desist/formats/names';
import type { HmacSpec } from './types.ts';

export interface Signature extends Partial<Pick<HmacSpec, 'signature' | 'timestamp' | 'algorithm' | 'encoding' | 'key'>> {
  readonly header: string;
  readonly template?: string;
}

const SIGNATURES: Readonly<Partial<Record<FormatName, Signature>>> = {
  // https://developers.mailersend.com/api/v1/webhooks.html#security
  mailersend: { header: 'signature' },
  // https://docs.mailtrap.io/email-api-smtp/advanced/webhooks
  mailtrap: { header: 'mailtrap-signature' },
};

export function signatureOf(format: FormatName | undefined): Signature | undefined {
  return format === undefined ? undefined : SIGNATURES[format];
}
