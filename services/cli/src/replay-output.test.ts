import { stripVTControlCharacters } from 'node:util';
import { defaultPolicies } from '@desist/contracts';
import type { Address, Tenant } from '@desist/domain';
import { parseEvent } from '@desist/formats/event';
import { createReplay } from '@desist/pipeline';
import { expect, test } from 'vitest';
import { whyLines } from './explanation.ts';
import type { Why } from './explanation.ts';
import { whyOf } from './replay-output.ts';

const WHO = { version: 1, tenant: 'default', recipient: 'a@example.com' };

function explained(...events: readonly object[]): Why {
  const replay = createReplay({ policies: defaultPolicies(), providerOf: () => 'example' });
  for (const event of events) {
    const parsed = parseEvent({ ...WHO, ...event }, 0);
    if (!parsed.ok) throw new Error(parsed.detail);
    replay.fold(parsed.event);
  }
  const found = replay.find(WHO.tenant as Tenant, WHO.recipient as Address);
  if (found === undefined) throw new Error('nothing is known of the recipient');
  return whyOf(found);
}

test('a replay explains a command that was refused in the words of a service', () => {
  const { facts } = explained(
    { id: 'a', type: 'complained', occurredAt: '2026-03-01T10:00:00Z' },
    {
      ...{ id: 'b', type: 'amend', scope: '*', reason: 'complaint', expiresAt: '2026-04-01T00:00:00Z', by: 'eve' },
      occurredAt: '2026-03-01T11:00:00Z',
    },
  );
  expect(facts.map(({ type, role }) => [type, role])).toEqual([
    ['complained', 'decided'],
    ['amend', 'refused'],
  ]);
  expect(facts[1]?.why).toContain('only with force');
});

test('failures of which only the count is kept are named with their number', () => {
  const why = explained({ id: 'a', type: 'deferred', smtp: { code: 452, text: '452 4.2.2 full' }, occurredAt: '2026-03-01T10:00:00Z' });
  const lines = whyLines({ ...why, facts: why.facts.map((fact) => ({ ...fact, merged: 3 })) });
  expect(lines.map(stripVTControlCharacters).join('\n')).toContain('(and 3 similar ones before)');
});

test('proof of life is told in words: what it released, what it left as it was, or why it changed nothing', () => {
  const bounce = { id: 'a', type: 'bounced', smtp: { code: 550, text: '550 5.1.1 User unknown' }, occurredAt: '2026-03-01T10:00:00Z' };
  const lines = (kind: string): string => {
    const life = { id: 'b', type: 'engaged', kind, occurredAt: '2026-03-01T11:00:00Z' };
    return whyLines(explained(bounce, life)).map(stripVTControlCharacters).join('\n');
  };
  expect(lines('reply')).toMatch(/decided +replied, which voids the failures before it and releases hard_bounce$/m);
  expect(lines('reply')).toContain('=> released (was suppressed): the recipient replied');
  expect(lines('login')).toMatch(/logged in, which voids the failures before it; hard_bounce stays: .* dead for mail$/m);
  expect(lines('login')).toContain("hard_bounce: another message's delivery, a reply or `release` ends it");
  expect(lines('click')).toMatch(/no effect +clicked +\(changed nothing: security scanners click, too/m);
});
