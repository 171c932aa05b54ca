/**
 * Amazon SNS: an RSA signature over some fields of the envelope, with a certificate that the envelope names. Its URL is believed
 * only where it is Amazon's own host of the topic's region; the topic must be one that the source names.
 */
import { verify, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Check, Checked } from './check.ts';
import { isFresh, refused, STALE } from './check.ts';

/** Answers the body of an https URL, which is at most `limit` bytes. Rejects for anything but 200; follows nowhere. */
export type Fetcher = (url: string, limit: number) => Promise<string>;

export interface SnsOptions {
  readonly topics: readonly string[];
  readonly tolerance: number;
  readonly certificates: Certificates;
  readonly fetch: Fetcher;
}

const ENVELOPE_LIMIT = 1024 * 1024;
const CERTIFICATE_LIMIT = 64 * 1024;
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
      return refused('unsigned', 'no signed SNS envelope: raw message delivery has no signature, switch it off');
    }
    const topic = envelope['TopicArn'] ?? '';
    if (!topics.includes(topic)) return refused('unknown_topic', 'the topic is not one of this source');
    const host = hostOf(topic);
    const url = envelope['SigningCertURL'] ?? envelope['SigningCertUrl'] ?? '';
    if (!isAmazons(url, host, /^\/SimpleNotificationService-[0-9a-f]{1,64}\.pem$/i)) {
      return refused('forged', 'the certificate is not at the host of the topic');
    }
    const hash = HASHES[envelope['SignatureVersion'] ?? ''];
    const signedAt = Date.parse(envelope['Timestamp'] ?? '');
    if (hash === undefined || Number.isNaN(signedAt)) return refused('forged', 'no signature of version 1 or 2 with a time');
    if (!isFresh(signedAt, now, tolerance)) return refused('stale', STALE);
    const key = await certificates.key(url, now);
    if (key === undefined) return { kind: 'undecided', detail: 'the certificate of the signature could not be fetched' };
    const signed = fields.map((name) => (envelope[name] === undefined ? '' : `${name}\n${envelope[name]}\n`)).join('');
    if (!verifies(hash, signed, key, envelope['Signature'])) return refused('forged', 'the signature is not Amazon’s');
    if (envelope['Type'] === 'UnsubscribeConfirmation') return { kind: 'genuine', once: null, only: 'the end of a subscription' };
    if (envelope['Type'] === 'SubscriptionConfirmation') return confirm(envelope['SubscribeURL'] ?? '', host, fetch);
    return { kind: 'genuine', once: { token: envelope['MessageId'] ?? '', until: signedAt + tolerance } };
  };
}

async function confirm(url: string, host: string, fetch: Fetcher): Promise<Checked> {
  if (!isAmazons(url, host, /^\/$/)) return refused('forged', 'the subscription is not confirmed at the host of the topic');
  try {
    await fetch(url, ANSWER_LIMIT);
    return { kind: 'genuine', once: null, only: 'a subscription, which was confirmed' };
  } catch {
    return { kind: 'undecided', detail: 'the subscription could not be confirmed' };
  }
}

/** `sns.<region>.amazonaws.com` of the topic's region; China has a domain of its own. */
function hostOf(topic: string): string {
  const [, partition = '', , region = ''] = topic.split(':');
  return `sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
}

function isAmazons(text: string, host: string, path: RegExp): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const plain = url.protocol === 'https:' && url.port === '' && url.username === '' && url.password === '' && url.hash === '';
  return plain && url.hostname === host && path.test(url.pathname);
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

// ---------------------------------------------------------------------------------------------- certificates

export interface Certificates {
  /** Undefined: it could not be fetched, or is none that holds at `now`. The URL was checked. */
  key(url: string, now: number): Promise<KeyObject | undefined>;
}

const KEPT_FOR = 24 * 3_600_000;
/** A failure is remembered for a while: a stream of requests must not become a stream of requests of ours. */
const FAILURE_KEPT_FOR = 30_000;
const MOST_KEPT = 64;
const MOST_AT_ONCE = 8;

interface Kept {
  readonly at: number;
  readonly certificate: Promise<X509Certificate | undefined>;
  failed: boolean;
}

export function createCertificates(fetch: Fetcher): Certificates {
  const kept = new Map<string, Kept>();
  let fetching = 0;

  function ask(url: string, now: number): Kept {
    fetching += 1;
    const one: Kept = {
      at: now,
      failed: false,
      certificate: fetch(url, CERTIFICATE_LIMIT)
        .then((pem) => new X509Certificate(pem))
        .catch(() => {
          one.failed = true;
          return undefined;
        })
        .finally(() => (fetching -= 1)),
    };
    return one;
  }

  return {
    async key(url, now) {
      let one = kept.get(url);
      if (one !== undefined && now - one.at > (one.failed ? FAILURE_KEPT_FOR : KEPT_FOR)) {
        kept.delete(url);
        one = undefined;
      }
      if (one === undefined) {
        if (fetching >= MOST_AT_ONCE) return undefined;
        if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value as string);
        kept.set(url, (one = ask(url, now)));
      }
      const certificate = await one.certificate;
      if (certificate === undefined) return undefined;
      const holds = Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo);
      return holds ? certificate.publicKey : undefined;
    },
  };
}
