/**
 * An HMAC of the provider's own making: where the signature is, what it covers and how it is written stands in the sources file. It
 * covers the body. If it also covers a time, that must be close to the present.
 */
import { createHmac } from 'node:crypto';
import type { HmacSpec } from '@desist/contracts';
import type { Check, WebhookRequest } from './check.ts';
import { anySame, isFresh, refused, STALE } from './check.ts';

export interface HmacOptions extends Omit<HmacSpec, 'key'> {
  readonly keys: readonly Buffer[];
  /** ms */
  readonly tolerance: number;
}

/** Time for which a signature without a time is accepted only once, ms. */
const REMEMBERED = 24 * 3_600_000;
/** Longest header that is examined, characters. */
const LONGEST = 2_048;

/** The key from the secret. Undefined when the secret is not of this encoding. */
export function hmacKey(secret: string, encoding: HmacSpec['key']): Buffer | undefined {
  switch (encoding) {
    case 'text':
      return Buffer.from(secret, 'utf8');
    case 'hex':
      return /^(?:[0-9A-Fa-f]{2}){8,}$/.test(secret) ? Buffer.from(secret, 'hex') : undefined;
    case 'base64': {
      const key = /^[A-Za-z0-9+/_-]+={0,2}$/.test(secret) ? Buffer.from(secret, 'base64') : undefined;
      return key !== undefined && key.length >= 8 ? key : undefined;
    }
    default:
      return encoding satisfies never;
  }
}

export function hmacCheck(options: HmacOptions): Check {
  const { header, keys, template, algorithm, encoding, tolerance } = options;
  const isTimed = template.some(({ kind }) => kind === 'timestamp');
  const pattern = patternOf(options.signature);
  return ({ headers, body }, now) => {
    const value = headers[header];
    if (value === undefined || value === '') return refused('unsigned', `no header ${header}`);
    const found = value.length > LONGEST ? null : pattern.exec(value);
    const given = found?.groups?.['signature'];
    if (given === undefined) return refused('unsigned', `the header ${header} is not of the form that the sources file gives`);
    const timestamp = found?.groups?.['timestamp'] ?? (options.timestamp === null ? undefined : headers[options.timestamp]);
    if (isTimed && (timestamp === undefined || timestamp.length > LONGEST)) return refused('unsigned', 'no signed time');
    const signed = { headers, body, timestamp: timestamp ?? '' };
    const wanted = keys.map((key) => sign(key, { algorithm, encoding, template }, signed));
    const same = encoding === 'hex' ? given.toLowerCase() : encoding === 'base64' ? given : given.replace(/=+$/, '');
    if (!anySame(same, wanted)) return refused('forged', 'the signature does not match this source');
    if (!isTimed) return { kind: 'genuine', replayToken: { token: same, until: now + REMEMBERED } };
    const signedAt = momentIn(signed.timestamp);
    if (signedAt === undefined) return refused('forged', 'the signed time is no time');
    if (!isFresh(signedAt, now, tolerance)) return refused('stale', STALE);
    return { kind: 'genuine', replayToken: { token: same, until: signedAt + tolerance } };
  };
}

interface Signed extends WebhookRequest {
  readonly timestamp: string;
}

function sign(
  key: Buffer,
  { algorithm, encoding, template }: Pick<HmacSpec, 'algorithm' | 'encoding' | 'template'>,
  signed: Signed,
): string {
  const hmac = createHmac(algorithm, key);
  for (const piece of template) {
    switch (piece.kind) {
      case 'text':
        hmac.update(piece.text);
        break;
      case 'body':
        hmac.update(signed.body);
        break;
      case 'timestamp':
        hmac.update(signed.timestamp);
        break;
      case 'header':
        hmac.update(signed.headers[piece.name] ?? '');
        break;
      default:
        piece satisfies never;
    }
  }
  return hmac.digest(encoding);
}

/** Matches a header's value: `t={timestamp},v1={signature}`. */
function patternOf(signature: string): RegExp {
  const source = signature
    .split(/(\{(?:signature|timestamp)\})/)
    .map((piece) => {
      if (piece === '{signature}') return '(?<signature>[A-Za-z0-9+/=_-]{1,256})';
      if (piece === '{timestamp}') return '(?<timestamp>[0-9A-Za-z:.+-]{1,64})';
      return piece.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    })
    .join('');
  return new RegExp(`^${source}$`);
}

/** Seconds or milliseconds by their length, or RFC 3339; ms. */
function momentIn(text: string): number | undefined {
  if (/^\d{9,11}$/.test(text)) return Number(text) * 1_000;
  if (/^\d{12,14}$/.test(text)) return Number(text);
  const at = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
