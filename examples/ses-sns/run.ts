/** Amazon SES through SNS into Desist. This script stands in for Amazon: it signs as SNS does, with a certificate of its own. */
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { desist, hoursAgo, startDesist, untilState } from '../desist.ts';
import { CERTIFICATE, HOST, TOPIC } from './amazon.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const service = await startDesist(
  { DESIST_SOURCES: here('sources.yaml'), EXAMPLE_SNS_KEY: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() },
  ['--import', here('amazon.ts')],
);

const SIGNED: Readonly<Record<string, readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

async function publish(type: string, message: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const envelope: Record<string, string> = {
    Type: type,
    MessageId: randomUUID(),
    TopicArn: TOPIC,
    Message: message,
    Timestamp: new Date().toISOString(),
    SignatureVersion: '2',
    SigningCertURL: CERTIFICATE,
    ...more,
  };
  const text = (SIGNED[type] ?? []).map((name) => `${name}\n${envelope[name] ?? ''}\n`).join('');
  const body = JSON.stringify({ ...envelope, Signature: sign('sha256', Buffer.from(text), privateKey).toString('base64') });
  const headers = { 'content-type': 'text/plain; charset=UTF-8', 'x-amz-sns-message-type': type };
  const answer = await fetch(`${service.url}/v1/webhooks/ses/ses`, { method: 'POST', body, headers });
  console.log(`${type}: ${answer.status} ${await answer.text()}`);
}

const mail = (recipient: string, hours: number): object => ({
  timestamp: hoursAgo(hours).toISOString(),
  messageId: `0102018f-${recipient.length}-000000`,
  destination: [recipient],
});

async function bounce(recipient: string, hours: number, kind: object, reply: string): Promise<void> {
  const bounced = { emailAddress: recipient, action: 'failed', status: reply.split(' ')[1], diagnosticCode: `smtp; ${reply}` };
  const event = {
    eventType: 'Bounce',
    mail: mail(recipient, hours + 1),
    bounce: { ...kind, bouncedRecipients: [bounced], timestamp: hoursAgo(hours).toISOString(), feedbackId: randomUUID() },
  };
  await publish('Notification', JSON.stringify(event));
}

try {
  await publish('SubscriptionConfirmation', 'You have chosen to subscribe', {
    Token: '2336412f37',
    SubscribeURL: `${HOST}/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=2336412f37`,
  });
  await bounce('gone@example.com', 3, { bounceType: 'Permanent', bounceSubType: 'General' }, '550 5.1.1 user unknown');
  // Amazon's own suppression list: no attempt was made, so it proves nothing about the mailbox.
  await bounce('listed@example.com', 2, { bounceType: 'Permanent', bounceSubType: 'OnAccountSuppressionList' }, '550 5.1.1 suppressed');
  await publish(
    'Notification',
    JSON.stringify({
      eventType: 'Complaint',
      mail: mail('angry@example.com', 4),
      complaint: {
        complainedRecipients: [{ emailAddress: 'angry@example.com' }],
        timestamp: hoursAgo(1).toISOString(),
        feedbackId: randomUUID(),
        complaintFeedbackType: 'abuse',
      },
    }),
  );
  // A topic that the source does not name.
  await publish('Notification', '{}', { TopicArn: `${TOPIC}-of-somebody-else` });
  console.log('');
  await untilState(service.url, 'gone@example.com', 'suppressed');
  await untilState(service.url, 'angry@example.com', 'suppressed');
  await desist(['list'], { DESIST_URL: service.url });
  await desist(['check', 'gone@example.com', 'angry@example.com', 'listed@example.com', '--json'], { DESIST_URL: service.url });
} finally {
  await service.stop();
}
