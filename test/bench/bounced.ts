/** Recipients that bounced, for benches that fill a database with them. */
import { addFact, asAddress, asTenant, classifyFailure, DEFAULT_POLICY, encodeRecipient, factOf, newRecipient } from '@desist/domain';
import { codec } from '@desist/runtime/codec';

/** What is kept of a recipient of this domain that bounced then, ms: nothing in it names the address. Folded under the policy `sha256:p`. */
export function evidenceOf(domain: string, at: number): string {
  const text = '550 5.1.1 The email account that you tried to reach does not exist';
  const who = { tenant: asTenant('acme'), recipient: asAddress(`x@${domain}`) };
  const event = { ...who, id: 'b1', stream: 'default', type: 'bounced', occurredAt: at } as const;
  const fact = factOf({ ...event, smtp: { code: 550, enhanced: '5.1.1', text } }, (failed) => classifyFailure(failed, codec.providerOf));
  const recipient = newRecipient();
  if (fact !== undefined)
    addFact(recipient, fact, at, { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'sha256:p' });
  return encodeRecipient(recipient);
}
