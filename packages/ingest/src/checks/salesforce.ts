/**
 * Salesforce's Event Notification Service asks a URL whether it wants events before it has given anybody the key of its signature: this one
 * request is not signed. Whoever set up the callback sends the verification key in it back through Salesforce's API, with an account's
 * token, without which the key is worth nothing. https://developer.salesforce.com/docs/marketing/marketing-cloud/references/mc_rest_event_notification/verifyCallback.html
 */
import type { Check } from './check.ts';

const SIGNATURE = 'x-sfmc-ens-signature';
const LONGEST = 4 * 1024;
const ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Answers the request for verification, and passes on every other one. */
export function withVerification(check: Check): Check {
  return (request, now) => {
    const asked = SIGNATURE in request.headers ? undefined : verificationIn(request.body);
    if (asked === undefined) return check(request, now);
    const { callbackId, verificationKey } = asked;
    const only = `the callback ${callbackId} waits for its verification: POST /platform/v1/ens-verify with the verificationKey ${verificationKey}`;
    return { kind: 'genuine', replayToken: null, only };
  };
}

interface Verification {
  readonly callbackId: string;
  readonly verificationKey: string;
}

function verificationIn(body: Uint8Array): Verification | undefined {
  if (body.byteLength > LONGEST) return undefined;
  try {
    const json = JSON.parse(Buffer.from(body).toString('utf8')) as Readonly<Record<string, unknown>> | null;
    const { callbackId, verificationKey, ...others } = json ?? {};
    if (typeof callbackId !== 'string' || typeof verificationKey !== 'string' || Object.keys(others).length > 0) return undefined;
    return ID.test(callbackId) && ID.test(verificationKey) ? { callbackId, verificationKey } : undefined;
  } catch {
    return undefined;
  }
}
