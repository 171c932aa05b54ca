/** Decodes what Desist publishes, for subscribers. Unknown fields are ignored; every version published so far is supported. */
import type { ChangedTermsValue, TermsValue } from './change.ts';
import { schemaProblem } from './schemas.ts';
import type { SchemaName } from './schemas.ts';

export interface PublishedChange {
  readonly version: 1;
  readonly id: string;
  readonly type: string;
  readonly tenant: string;
  readonly recipient: string;
  readonly state: { readonly from: string; readonly to: string };
  readonly suppression: ChangedTermsValue | null;
  readonly cause: string;
  /** Of cause `engaged`: click, reply, login or confirmed. */
  readonly engagement?: string;
  readonly effectiveAt: string;
  readonly recordedAt: string;
  readonly policy: string;
  readonly sequence: { readonly partition: number; readonly number: number; readonly incarnation?: number };
  readonly recipientVersion: number;
  readonly corrects?: string;
  /** Id of the incident that caused it. */
  readonly incident?: string;
}

export interface PublishedSuppressions {
  readonly version: 1;
  readonly tenant: string;
  readonly recipient: string;
  readonly recipientVersion: number;
  readonly suppressions: readonly TermsValue[];
  readonly allowed: readonly { readonly scope: string; readonly expiresAt: string | null }[];
}

export type DecodedPublished<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Decodes the value of a record on `suppression-events`. */
export function decodeChange(bytes: Uint8Array): DecodedPublished<PublishedChange> {
  return decode('change', bytes) as DecodedPublished<PublishedChange>;
}

/** Decodes the value of a record on `suppressions`. A tombstone (null) gives `{ ok: true, value: null }`: nothing is active any more. */
export function decodeSuppressions(bytes: Uint8Array | null): DecodedPublished<PublishedSuppressions | null> {
  if (bytes === null) return { ok: true, value: null };
  return decode('suppressions', bytes) as DecodedPublished<PublishedSuppressions>;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decode(name: SchemaName, bytes: Uint8Array): DecodedPublished<unknown> {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    return { ok: false, problem: 'not JSON in UTF-8' };
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version !== 1) return { ok: false, problem: `version ${version}: this program reads version 1` };
  const problem = schemaProblem(name, value);
  return problem === null ? { ok: true, value } : { ok: false, problem };
}
