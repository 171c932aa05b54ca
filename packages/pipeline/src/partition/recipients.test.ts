import { describe, expect, it } from 'vitest';
import { asAddress, asTenant, DEFAULT_POLICY, newRecipient, recipientKey } from '@desist/domain';
import type { RecipientRef } from '@desist/domain';
import { createContexts } from './contexts.ts';
import { createDeadlines } from './deadlines.ts';
import { createOutbox } from './outbox.ts';
import { createRecipients } from './recipients.ts';
import type { CachedRecipient } from './recipients.ts';

const contextOf = createContexts({ version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() }, () => () => undefined);
const publisher = { changed: () => undefined, announced: () => undefined, erased: () => undefined };
const ref = (n: number): RecipientRef => ({ tenant: asTenant('acme'), address: asAddress(`r${n}@example.com`) });
const keyOf = (n: number): ReturnType<typeof recipientKey> => recipientKey(asTenant('acme'), asAddress(`r${n}@example.com`));

describe('recipients at hand', () => {
  it('keep recipients whose commit is still running until the next one begins: the store would return their old state', () => {
    const recipients = createRecipients({ deadlines: createDeadlines(), contextOf, publisher, atHand: 4 });
    for (let n = 0; n < 3; n += 1) {
      recipients.add(ref(n));
      recipients.settle(keyOf(n), []);
    }
    expect(recipients.drain()).toHaveLength(3);
    for (let n = 3; n < 20; n += 1) recipients.add(ref(n));
    recipients.evict(new Map());
    for (let n = 0; n < 3; n += 1) expect(recipients.get(keyOf(n))).toBeDefined();
    expect(recipients.size()).toBe(3);
    // The next commit begins only when this one has ended.
    recipients.drain();
    for (let n = 3; n < 20; n += 1) recipients.add(ref(n));
    recipients.evict(new Map());
    for (let n = 0; n < 3; n += 1) expect(recipients.get(keyOf(n))).toBeUndefined();
  });
});

describe('an erasure', () => {
  it('waits for every change published so far, even if there was none since the last commit', () => {
    const outbox = createOutbox({ partition: 0, incarnation: 0, nextSequence: 42, codec: undefined as never, contextOf, policy: '' });
    const tombstone = { at: 0, version: 3, blocks: [] };
    const cached: CachedRecipient = {
      ...ref(1),
      ...{
        recipient: newRecipient(),
        foreign: false,
        stored: true,
        listChanged: false,
        tombstone,
        incidentsVersion: 0,
        shadow: undefined,
        formerShadow: undefined,
        shadowPolicy: null,
      },
    };
    outbox.erased(cached, true, 7);
    expect(outbox.drain().erased).toMatchObject([{ sequence: 41, offset: 7 }]);
  });
});
