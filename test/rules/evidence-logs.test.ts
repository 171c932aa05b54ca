/**
 * Logs of one recipient each, folded from the first event to the last: state and list are what the sequential machine says of all of them,
 * though not all of them are kept. The exceptions that docs/guarantees.md names have a test of their own.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { advanceTo, decodeRecipient, encodeRecipient, classifyFailure, viewOf } from '@desist/domain';
import type { FoldContext, LogEvent, PolicySet, Recipient, RecipientView } from '@desist/domain';
import { parseIncident, readPolicyFile } from '@desist/contracts';
import { parseEvent } from '@desist/formats/event';
import { providerOf } from '@desist/verdicts';
import { createReplay } from '@desist/pipeline';
import type { Replay } from '@desist/pipeline';
import { oracle } from '../support/oracle/oracle.ts';

const FOLDER = new URL('../golden/evidence/', import.meta.url);
/** What was forgotten by design when the last event came. */
const EXCEPTIONS = ['late-hard-bounce-of-nobody-known', 'expired-weeks-later'];
const OTHER_TEST = ['until-incident'];

const policies = policiesOf('');
function policiesOf(text: string): PolicySet {
  const read = readPolicyFile(text);
  if (!read.ok) throw new Error('no policy');
  return read.policies;
}

const linesOf = (name: string): readonly Record<string, unknown>[] =>
  readFileSync(new URL(`${name}.ndjson`, FOLDER), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

function eventOf(line: Record<string, unknown>): LogEvent {
  const parsed = parseEvent(line, Date.parse(String(line['occurredAt'])));
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.event;
}

function replayed(events: readonly LogEvent[]): Replay {
  const replay = createReplay({ policies, providerOf });
  for (const event of events) replay.fold(event);
  replay.finish();
  return replay;
}

const seen = ({ state, suppressions, allowed }: RecipientView): object => ({
  state,
  suppressions: suppressions.map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt })),
  allowed,
});
const NOBODY = { state: 'healthy', suppressions: [], allowed: [] };

function truthOf(events: readonly LogEvent[]): object {
  const clock = Math.max(...events.map(({ occurredAt }) => occurredAt));
  const { state, suppressions, allowed } = oracle({
    events,
    clock,
    policy: policies,
    verdictOf: (event) => (event.smtp === undefined ? null : classifyFailure(event, providerOf).verdict),
  });
  return { state, suppressions, allowed };
}

const names = readdirSync(FOLDER).map((file) => file.replace('.ndjson', ''));

describe('a long or late history says what all of it says', () => {
  it.each(names.filter((name) => !EXCEPTIONS.includes(name) && !OTHER_TEST.includes(name)))('%s', (name) => {
    const events = linesOf(name).map(eventOf);
    const [{ tenant, recipient: address }] = events as [LogEvent];
    const truth = truthOf(events);
    const found = replayed(events).find(tenant, address);
    expect(found === undefined ? NOBODY : seen(found.view)).toEqual(truth);
    if (found === undefined) return;
    // Read again and folded again, as after a restart with another policy file that says the same.
    const read = decodeRecipient(encodeRecipient(found.recipient), found.recipient.version) as Recipient;
    const context: FoldContext = { ...found.context, policyVersion: 'sha256:other' };
    expect(advanceTo(read, read.clock, context)).toEqual([]);
    expect(seen(viewOf(read, context))).toEqual(truth);
  });
});

describe('what was forgotten by design', () => {
  it('a delivery to an unknown recipient leaves no trace: an older hard bounce that comes later suppresses', () => {
    const events = linesOf('late-hard-bounce-of-nobody-known').map(eventOf);
    const [{ tenant, recipient }] = events as [LogEvent];
    expect(truthOf(events)).toMatchObject({ state: 'healthy' });
    expect(replayed(events).find(tenant, recipient)?.view.suppressions).toMatchObject([{ reason: 'hard_bounce' }]);
  });

  it('an `expired` without a reply, later than seven days after its deferral, finds no cause', () => {
    const events = linesOf('expired-weeks-later').map(eventOf);
    const [{ tenant, recipient }] = events as [LogEvent];
    expect(truthOf(events)).toMatchObject({ state: 'soft_bounced' });
    expect(replayed(events).find(tenant, recipient)?.view.state).toBe('healthy');
  });
});

describe('a replay that ends earlier', () => {
  const lines = linesOf('until-incident');
  const replayUntil = (until: string): readonly string[] => {
    const replay = createReplay({ policies, providerOf, until: Date.parse(until) });
    for (const line of lines) {
      if (line['type'] === 'incident') {
        const notice = parseIncident(line);
        if (!notice.ok) throw new Error(notice.detail);
        if (notice.kind === 'provider') replay.apply(notice.notice);
      } else replay.fold(eventOf(line));
    }
    replay.finish();
    const { tenant, recipient } = eventOf(lines[0] as Record<string, unknown>);
    return (replay.find(tenant, recipient)?.view.suppressions ?? []).map(({ reason }) => reason);
  };

  it('does not know a decision about an incident that was made after its end; from that moment on it does', () => {
    expect(replayUntil('2025-01-07T23:59:59.999Z')).toEqual(['hard_bounce']);
    expect(replayUntil('2025-01-08T00:00:00.000Z')).toEqual([]);
  });
});
