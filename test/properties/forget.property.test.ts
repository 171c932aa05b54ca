/** Erasure, whatever the order: what is left is exactly what the events after it make of a new recipient. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  addFact,
  advanceTo,
  asAddress,
  DAY,
  DEFAULT_POLICY,
  eraseRecipient,
  explain,
  factOf,
  machineOf,
  newMachine,
  newRecipient,
  run,
  viewOf,
} from '@desist/domain';
import { NO_REPLY } from '@desist/verdicts';
import type { Change, Fact, FoldContext, LogEvent } from '@desist/domain';
import { createReplay } from '@desist/pipeline';
import { scriptedVerdict, START } from '../support/oracle/events.ts';
import { eventsOfOneRecipient, TENANT } from '../support/arbitraries.ts';

const RUNS = Math.min(3_000, Number(process.env['PROPERTY_RUNS'] ?? 3_000));
const CONTEXT: FoldContext = { policies: { base: DEFAULT_POLICY, streams: new Map() }, policyVersion: 'sha256:test' };
const END = START + 120 * DAY;

function factFor(event: LogEvent): Fact | undefined {
  return factOf(event, (failed) => ({ verdict: scriptedVerdict(failed) ?? NO_REPLY, reply: null, provider: null }));
}

const moment = fc.integer({ min: -1, max: 20 * 24 * 60 }).map((minutes) => START + minutes * 60_000);

/** What a subscriber holds for on the list after these changes. */
function heldAfter(changes: readonly Change[]): readonly string[] {
  const held = new Map<string, number>();
  for (const { type, suppression, corrects, version } of changes) {
    if (suppression === null) continue;
    const key = `${suppression.scope} ${suppression.reason}`;
    if (type === 'suppressed') held.set(key, version);
    else if (type === 'released' || (type === 'corrected' && corrects !== null)) held.delete(key);
  }
  return [...held.keys()].sort();
}

it('an erasure among events in any order: state, list and published changes are those of the later events alone', () => {
  fc.assert(
    fc.property(eventsOfOneRecipient, moment, fc.nat({ max: 60 }), (events, at, where) => {
      let recipient = newRecipient();
      let forgottenAt: number | undefined;
      const changes: Change[] = [];
      const order: (LogEvent | 'forget')[] = [...events.slice(0, where), 'forget', ...events.slice(where)];
      let clock = START;
      for (const one of order) {
        if (one === 'forget') {
          clock = Math.max(clock, at);
          const { changes: ends, rest, blocks: held } = eraseRecipient(recipient, at, clock, CONTEXT);
          changes.push(...ends);
          recipient = rest;
          forgottenAt = at;
          for (const { since } of held) expect(since).toBeLessThanOrEqual(at);
          continue;
        }
        const fact = factFor(one);
        clock = Math.max(clock, one.occurredAt);
        if (fact === undefined || (forgottenAt !== undefined && fact.at <= forgottenAt)) continue;
        const added = addFact(recipient, fact, clock, CONTEXT);
        if (added !== 'duplicate') changes.push(...added);
      }
      changes.push(...advanceTo(recipient, END, CONTEXT));

      const alone = newRecipient();
      for (const one of [...events].sort((a, b) => a.occurredAt - b.occurredAt)) {
        const fact = factFor(one);
        if (fact !== undefined && fact.at > at) addFact(alone, fact, fact.at, CONTEXT);
      }
      advanceTo(alone, END, CONTEXT);
      const left = viewOf(recipient, CONTEXT);
      const wanted = viewOf(alone, CONTEXT);
      expect(left.state).toBe(wanted.state);
      const terms = ({ suppressions }: typeof left) =>
        suppressions.map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt }));
      expect(terms(left)).toEqual(terms(wanted));
      expect(heldAfter(changes)).toEqual(wanted.suppressions.map(({ scope, reason }) => `${scope} ${reason}`).sort());
      // A version is never given twice.
      expect(changes.map(({ version }) => version)).toEqual(changes.map((_, index) => index + 1));
    }),
    { numRuns: RUNS },
  );
});

it('a replay counts the erased, and ends without a line for them unless something happened since', () => {
  fc.assert(
    fc.property(eventsOfOneRecipient, moment, (events, at) => {
      const sorted = [...events].sort((a, b) => a.occurredAt - b.occurredAt);
      const command: LogEvent = {
        id: 'f',
        type: 'forget',
        tenant: TENANT,
        recipient: asAddress('alice@example.com'),
        occurredAt: at,
        scope: '*',
      };
      const policies = { version: 'v', base: DEFAULT_POLICY, tenants: new Map() };
      const finals = (input: readonly LogEvent[]): readonly [string, number][] => {
        const replay = createReplay({ policies, providerOf: () => 'p', until: END });
        for (const event of input) replay.fold(event);
        replay.finish();
        return [...replay.notHealthy()].map(({ view }) => [view.state, replay.summary().erased]);
      };
      const before = sorted.filter(({ occurredAt }) => occurredAt <= at);
      const after = sorted.filter(({ occurredAt }) => occurredAt > at);
      expect(finals([...before, command])).toEqual([]);
      expect(finals([...before, command, ...after]).map(([state]) => state)).toEqual(finals(after).map(([state]) => state));
    }),
    { numRuns: 500 },
  );
});

it('folding only the facts that an explanation lists, and only those that count or decide, gives the same state', () => {
  fc.assert(
    fc.property(eventsOfOneRecipient, (events) => {
      const recipient = newRecipient();
      for (const one of [...events].sort((a, b) => a.occurredAt - b.occurredAt)) {
        const fact = factFor(one);
        if (fact !== undefined) addFact(recipient, fact, fact.at, CONTEXT);
      }
      const { view, facts } = explain(recipient, CONTEXT);
      const state = (some: readonly Fact[]) => {
        const machine = newMachine(
          () => DEFAULT_POLICY,
          () => undefined,
        );
        run(some, recipient.clock, machine);
        return [machine.state, machine.suppressions.map(({ scope, reason, since, expiresAt }) => ({ scope, reason, since, expiresAt }))];
      };
      const wanted = state(recipient.facts);
      expect(wanted[0]).toBe(view.state);
      expect(machineOf(recipient, CONTEXT).state).toBe(view.state);
      expect(state(facts.map(({ fact }) => fact))).toEqual(wanted);
      // An `expired` without a reply asks for its message's deferral, whether that one counted or not.
      const asked = new Set(facts.flatMap(({ fact }) => (fact.kind === 'failure' && fact.causeUnknown ? (fact.message ?? []) : [])));
      const telling = facts.filter(
        ({ fact, role }) => (role !== 'not_counted' && role !== 'no_effect') || (fact.kind === 'failure' && asked.has(fact.message ?? '')),
      );
      expect(state(telling.map(({ fact }) => fact))).toEqual(wanted);
    }),
    { numRuns: RUNS },
  );
});
