/** SendGrid's signed event webhook into Desist. This script stands in for SendGrid: it makes a key pair and signs as SendGrid does. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { desist, hoursAgo, startDesist, untilState } from '../desist.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const service = await startDesist({
  DESIST_SOURCES: fileURLToPath(new URL('./sources.yaml', import.meta.url)),
  SENDGRID_VERIFICATION_KEY: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
});

async function post(events: readonly object[], signer = privateKey): Promise<void> {
  const body = JSON.stringify(events);
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const answer = await fetch(`${service.url}/v1/webhooks/sendgrid/newsletter`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-twilio-email-event-webhook-timestamp': timestamp,
      'x-twilio-email-event-webhook-signature': sign('sha256', Buffer.from(timestamp + body), signer).toString('base64'),
    },
  });
  console.log(`POST ${events.length} events: ${answer.status} ${await answer.text()}\n`);
}

const event = (name: string, email: string, hours: number, more: object): object => ({
  event: name,
  email,
  timestamp: Math.floor(hoursAgo(hours).getTime() / 1_000),
  sg_event_id: `${name}-${email}-${hours}`,
  sg_message_id: 'LRzXl_NHStOGhQ4kofSm_A.filterdrecv-1',
  ...more,
});

try {
  await post([
    event('bounce', 'gone@example.com', 2, {
      type: 'bounce',
      status: '5.1.1',
      reason: '550 5.1.1 The email account that you tried to reach does not exist',
    }),
    // A refusal of the sender: it must never stop mail to this address.
    event('bounce', 'alice@example.com', 2, { type: 'blocked', status: '5.7.1', reason: '550 5.7.1 our IP has a poor reputation' }),
    event('spamreport', 'angry@example.com', 1, {}),
    event('open', 'alice@example.com', 1, {}),
  ]);
  // Somebody else signs.
  await post(
    [event('bounce', 'alice@example.com', 1, { type: 'bounce', status: '5.1.1' })],
    generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey,
  );
  await untilState(service.url, 'gone@example.com', 'suppressed');
  await untilState(service.url, 'angry@example.com', 'suppressed');
  await desist(['list'], { DESIST_URL: service.url });
  await desist(['check', 'gone@example.com', 'angry@example.com', 'alice@example.com', '--json'], { DESIST_URL: service.url });
} finally {
  await service.stop();
}
