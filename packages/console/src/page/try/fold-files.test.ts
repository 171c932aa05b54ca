import { encodeSenderIncident } from '@desist/contracts';
import { asTenant } from '@desist/domain';
import type { SenderNotice } from '@desist/domain';
import { expect, test } from 'vitest';
import { foldFiles } from './fold-files.ts';

const SETTINGS = { format: null, timezone: 'UTC', suppressAfter: 72 * 3_600_000 };
const BOUNCE = {
  ...{ version: 1, id: 'b1', tenant: 'acme', type: 'bounced', recipient: 'ann@gmail.com', occurredAt: '2026-03-01T12:00:00.000Z' },
  smtp: { code: 550, enhanced: '5.1.1', text: '550 5.1.1 no such user' },
};
const INCIDENT = {
  ...{ version: 1, type: 'incident', id: 'gmail-1', revision: 0, action: 'opened', holds: true, announcedBy: 0, summary: null },
  terms: { tenant: null, provider: 'gmail', domain: null, code: null, text: null, from: '2026-03-01T11:00:00.000Z', until: null },
  ...{ by: 'eve', note: null, occurredAt: '2026-03-01T13:00:00.000Z' },
};

async function tried(...records: readonly object[]) {
  const text = records.map((one) => `${JSON.stringify(one)}\n`).join('');
  const { result } = await foldFiles([new File([text], 'log.ndjson', { lastModified: 0 })], SETTINGS, () => undefined);
  const { files, problems, rows, incidents } = result;
  return { files, problems, incidents, rows: rows.map(({ address, reason }) => [address, reason]) };
}

test('a decision about an incident is applied where it stands in the log', async () => {
  expect((await tried(BOUNCE)).rows).toEqual([['ann@gmail.com', 'hard_bounce']]);
  expect(await tried(BOUNCE, INCIDENT)).toMatchObject({
    problems: [],
    files: [{ format: 'canonical', events: 1, ignored: 1, problems: 0 }],
    rows: [],
  });
});

test('an incident that says nothing of a provider is named among what could not be read', async () => {
  const { problems, rows } = await tried(BOUNCE, { ...INCIDENT, terms: { from: INCIDENT.terms.from } });
  expect(problems).toEqual([{ file: 'log.ndjson', place: 'line 2', detail: 'invalid, provider: must be given if there is no domain' }]);
  expect(rows).toEqual([['ann@gmail.com', 'hard_bounce']]);
});

test('sender incidents are told with what their replies mean, as they were decided last', async () => {
  const replies = [{ category: 'rate_limited', code: '421 4.7.28', count: 60, reply: '421 4.7.28 unusual rate' }] as const;
  const at = Date.parse('2026-03-01T11:00:00.000Z');
  const opened: SenderNotice = {
    ...{ id: 's1', revision: 1, action: 'opened', place: { tenant: asTenant('acme'), provider: 'gmail', pool: 'p1' } },
    ...{ from: at, until: null, at, announcedBy: 0, summary: { tries: 100, refused: 60, usualShare: 0.01, replies } },
  };
  const closed: SenderNotice = { ...opened, revision: 2, action: 'closed', until: at + 3_600_000, at: at + 7_200_000 };
  const text = [opened, closed].map((notice) => encodeSenderIncident(notice).value).join('\n');
  const { result } = await foldFiles([new File([text], 'log.ndjson', { lastModified: 0 })], SETTINGS, () => undefined);
  expect(result.senders).toMatchObject([
    {
      provider: 'gmail',
      tenant: 'acme',
      pool: 'p1',
      from: '2026-03-01T11:00:00.000Z',
      until: '2026-03-01T12:00:00.000Z',
      tries: 100,
      refused: 60,
    },
  ]);
  expect(result.senders[0]?.replies[0]).toMatchObject({ code: '421 4.7.28', count: 60, meaning: expect.any(String) as string });
});
