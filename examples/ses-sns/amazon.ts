/**
 * Stands in for Amazon, in both processes: serves the certificate at Amazon's own URL, and confirms subscriptions. The service loads it
 * before it starts (`--import`); nothing of Desist knows of it.
 */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { certificateOf } from '../../packages/ingest/src/certificate.test-kit.ts';

export const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:ses-events';
export const HOST = 'https://sns.eu-west-1.amazonaws.com';
export const CERTIFICATE = `${HOST}/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem`;

/** Of this run: the script hands it to the service. */
const key = process.env['EXAMPLE_SNS_KEY'];

if (key !== undefined) {
  const privateKey = createPrivateKey(key);
  const pem = certificateOf(createPublicKey(privateKey), privateKey, new Date(Date.now() - 86_400_000), new Date(Date.now() + 86_400_000));
  const real = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    if (url === CERTIFICATE) return new Response(pem);
    if (url.startsWith(`${HOST}/?Action=ConfirmSubscription`)) return new Response('<ConfirmSubscriptionResponse/>');
    return real(input, init);
  };
}
