/**
 * ZeptoMail: HMAC-SHA256 of the JSON, decoded if it is in a form. The header has a time, which the signature does not cover: it proves
 * nothing, and is not read.
 */
import { createHash, createHmac } from 'node:crypto';
import { urlencodedFields } from '@desist/formats';
import type { Check } from './check.ts';
import { anySame, refused } from './check.ts';

/** ms */
const REMEMBERED = 24 * 3_600_000;
/** Longest header that is examined, characters. */
const LONGEST = 1_024;

export function zeptomailCheck(keys: readonly string[]): Check {
  return ({ headers, body }, now) => {
    const given = signatureIn(headers['producer-signature'] ?? '');
    if (given === undefined) return refused('unsigned', 'no producer-signature');
    const signed = signedIn(body);
    if (signed === undefined) return refused('forged', 'the body is neither JSON nor a form');
    const wanted = keys.map((key) => createHmac('sha256', key).update(signed).digest('base64'));
    if (!anySame(given, wanted)) return refused('forged', 'the signature does not match this source');
    return { kind: 'genuine', replayToken: { token: createHash('sha256').update(signed).digest('base64url'), until: now + REMEMBERED } };
  };
}

/** `ts=1596109465823;s=dN0y…o%3D;s-algorithm=HmacSHA256`; the whole of it may be encoded once more. */
function signatureIn(header: string): string | undefined {
  if (header.length > LONGEST) return undefined;
  const text = /(?:^|;)\s*s=/.test(header) ? header : decoded(header);
  const [, signature] = /(?:^|;)\s*s=([^;]{1,256})/.exec(text ?? '') ?? [];
  return signature === undefined ? undefined : decoded(signature.trim());
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The body as it is, or the value of the first field of a form. */
function signedIn(body: Uint8Array): Uint8Array | string | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (/^\s*[{[]/.test(text.subarray(0, 64).toString('latin1'))) return body;
  return urlencodedFields(text.toString('utf8'))?.[0]?.[1];
}
