/**
 * Amazon SNS: an RSA signature of some fields of the envelope, with a certificate whose URL is in the envelope. The URL is
 * trusted only on Amazon's host for the topic's region; the topic must be one of the source.
 */
import { verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Certificates, Fetcher } from './certificates.ts';
import type { Check, Checked } from './check.ts';
import { isFresh, refused, STALE } from './check.ts';

export interface SnsOptions {
  readonly topics: readonly string[];
  readonly tolerance: number;
  readonly certificates: Certificates;
  readonly fetch: Fetcher;
}

const ENVELOPE_LIMIT = 1024 * 1024;
const ANSWER_LIMIT = 256 * 1024;

const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const CONFIRMATION = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
const SIGNED: Readonly<Record<string, readonly string[]>> = {
  Notification: NOTIFICATION,
  SubscriptionConfirmation: CONFIRMATION,
  UnsubscribeConfirmation: CONFIRMATION,
};
const HASHES: Readonly<Record<string, string>> = { '1': 'sha1', '2': 'sha256' };

export function snsCheck({ topics, tolerance, certificates, fetch }: SnsOptions): Check {
  return async ({ body }, now) => {
    const envelope = envelopeOf(body);
    const fields = SIGNED[envelope?.['Type'] ?? ''];
    if (envelope === undefined || fields === undefined || envelope['Signature'] === undefined) {
      return refused('unsigned', 'not a signed SNS envelope: switch off raw message delivery, which has no signature');
    }
    const topic = envelope['TopicArn'] ?? '';
    if (!topics.includes(topic)) return refused('unknown_topic', 'the topic is not one of this source');
    const host = hostOf(topic);
    const url = amazonsUrl(envelope['SigningCertURL'] ?? envelope['SigningCertUrl'] ?? '', host);
    // A query string would give one certificate any number of URLs.
    if (url === undefined || url.search !== '' || !CERTIFICATE_PATH.test(url.pathname)) {
      return refused('forged', 'the certificate is not at the host of the topic');
    }
    const hash = HASHES[envelope['SignatureVersion'] ?? ''];
    const signedAt = Date.parse(envelope['Timestamp'] ?? '');
    if (hash === undefined || Number.isNaN(signedAt)) return refused('forged', 'no signature of version 1 or 2 with a time');
    if (!isFresh(signedAt, now, tolerance)) return refused('stale', STALE);
    const key = await certificates.key(url, now);
    if (key === undefined) return { kind: 'undecided', detail: 'the certificate of the signature could not be fetched' };
    const signed = fields.map((name) => (envelope[name] === undefined ? '' : `${name}\n${envelope[name]}\n`)).join('');
    if (!verifies(hash, signed, key, envelope['Signature'])) return refused('forged', 'the signature is not valid');
    certificates.proven(url);
    if (envelope['Type'] === 'UnsubscribeConfirmation') return { kind: 'genuine', replayToken: null, only: 'a subscription that ended' };
    if (envelope['Type'] === 'SubscriptionConfirmation') return confirm(envelope['SubscribeURL'] ?? '', host, fetch);
    return { kind: 'genuine', replayToken: { token: envelope['MessageId'] ?? '', until: signedAt + tolerance } };
  };
}

async function confirm(url: string, host: string, fetch: Fetcher): Promise<Checked> {
  if (amazonsUrl(url, host)?.pathname !== '/') return refused('forged', 'the subscription is not confirmed at the host of the topic');
  try {
    await fetch(url, ANSWER_LIMIT);
    return { kind: 'genuine', replayToken: null, only: 'a subscription that is now confirmed' };
  } catch {
    return { kind: 'undecided', detail: 'the subscription could not be confirmed' };
  }
}

/** `sns.<region>.amazonaws.com` for the topic's region; China has a domain of its own. */
function hostOf(topic: string): string {
  const [, partition = '', , region = ''] = topic.split(':');
  return `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
}

const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9a-f]{1,64}\.pem$/;
const LONGEST_URL = 2_048;

/** The URL; undefined unless it is an https URL of this host without port, user and fragment. */
function amazonsUrl(text: string, host: string): URL | undefined {
  const url = text.length > LONGEST_URL ? null : URL.parse(text);
  if (url?.protocol !== 'https:' || url.hostname !== host) return undefined;
  return url.port === '' && url.username === '' && url.password === '' && url.hash === '' ? url : undefined;
}

function verifies(hash: string, signed: string, key: KeyObject, signature: string): boolean {
  try {
    return verify(hash, Buffer.from(signed), key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

function envelopeOf(body: Uint8Array): Readonly<Partial<Record<string, string>>> | undefined {
  if (body.byteLength > ENVELOPE_LIMIT) return undefined;
  try {
    const json = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')) as unknown;
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
    return Object.fromEntries(Object.entries(json).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return undefined;
  }
}
