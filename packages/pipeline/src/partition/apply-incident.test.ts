import { expect, it } from 'vitest';
import { asAddress, asTenant, recipientKey } from '@desist/domain';
import type { IncidentNotice, RecipientKey } from '@desist/domain';
import { createIncidents } from '../incidents/known.ts';
import type { KnownIncident } from '../ports/commit-plan.ts';
import { applyIncident } from './apply-incident.ts';

const NOTICE: IncidentNotice = {
  ...{ id: 'gmail-1', revision: 1, excludes: true, action: 'opened', at: 0, announcedBy: 0, summary: null, by: null, note: null },
  terms: { tenant: null, provider: 'gmail', domain: null, code: null, text: null, from: 0, until: null },
};
const RECIPIENTS = [1, 2, 3, 4, 5].map((n) => ({ tenant: asTenant('acme'), address: asAddress(`r${n}@example.com`) }));

/** Applies the incident to five recipients, of which these are still to be changed. Answers what each commit says of it. */
async function apply(
  stored: readonly KnownIncident[],
  unchanged: ReadonlySet<RecipientKey>,
  rows: number,
  dies = Infinity,
): Promise<readonly KnownIncident[]> {
  const incidents = createIncidents(stored);
  const commits: KnownIncident[] = [];
  const pending = {
    deadLetters: [],
    clockMoves: [],
    incidents: [] as KnownIncident[],
    senderIncidents: [],
    outcomes: [],
    faults: new Map(),
  };
  let dirty = 0;
  await applyIncident(NOTICE, {
    ...{ partition: 0, incidents, load: async () => undefined, changed: () => undefined },
    store: { concerned: async () => ({ recipients: RECIPIENTS, cursor: null }) },
    retry: (_, work) => work(),
    time: { yield: async () => undefined },
    fold: {
      apply: (notice) => incidents.apply(notice),
      refold(key) {
        if (!unchanged.has(key)) return undefined;
        dirty += 1;
        return { changes: 1 };
      },
    },
    isFull: () => dirty >= rows,
    committer: {
      pending,
      flush: async () => {
        commits.push(...pending.incidents.splice(0));
        dirty = 0;
      },
      state: () => (commits.length < dies ? { kind: 'running' } : { kind: 'fenced' }),
    },
  });
  return [...commits, ...pending.incidents];
}

it('counts whom it changed once, also when the process dies in the middle', async () => {
  const all = new Set(RECIPIENTS.map(({ tenant, address }) => recipientKey(tenant, address)));
  const whole = await apply([], all, 2);
  expect(whole.map(({ looked, changed, done }) => [looked, changed, done])).toEqual([
    [2, 2, false],
    [4, 4, false],
    [5, 5, true],
  ]);
  const before = await apply([], all, 2, 1);
  expect(before).toMatchObject([{ changed: 2, done: false }]);
  const after = await apply(before, new Set([...all].slice(2)), 2);
  expect(after.at(-1)).toMatchObject({ looked: 5, changed: 5, done: true });
});
