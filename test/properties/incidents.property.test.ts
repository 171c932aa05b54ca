/**
 * Incidents and one recipient: what is held back is as if it had not failed, whenever it is told and in whatever order everything comes;
 * undoing and redoing end where the last word says; others are told each difference once.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addFact,
  advanceTo,
  applyExclusions,
  asTenant,
  concerning,
  decodeRecipient,
  DEFAULT_POLICY,
  encodeRecipient,
  factOf,
  HOUR,
  marked,
  newRecipient,
  viewOf,
} from '@desist/domain';
import type { Change, DeliveryEvent, FoldContext, Incident, LogEvent, PolicySet, Recipient } from '@desist/domain';
import { deferred, expired, scriptedVerdict, START } from '../support/oracle/events.ts';
import { heldBackBy } from '../support/oracle/incidents.ts';
import { expectCountedOnce } from '../support/counted.ts';
import { outcomeOf } from '../support/held.ts';
import { oracle } from '../support/oracle/oracle.ts';
import { eventsOfOneRecipient, TENANT } from '../support/arbitraries.ts';
import { contrast, PROVIDER, verdictOf } from '../support/classified.ts';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 10_000);
const DOMAIN = 'example.com';

const POLICIES: PolicySet = { version: 'sha256:test', base: DEFAULT_POLICY, tenants: new Map() };
const CONTEXT: FoldContext = {
  askBaseline: contrast,
  policies: { base: DEFAULT_POLICY, streams: new Map() },
  policyVersion: POLICIES.version,
};

/** Heard before the event at this place of the arrivals, or after the last one. */
interface Telling {
  readonly before: number;
  readonly incident: Incident;
}

const named = fc.record({
  tenant: fc.constantFrom(null, null, TENANT, asTenant('other')),
  provider: fc.constantFrom(PROVIDER, PROVIDER, PROVIDER, 'other'),
  domain: fc.constantFrom(null, null, DOMAIN, 'example.org'),
  code: fc.constantFrom(null, null, null, null, '550', '4.2.2', '550 5.1.1'),
  text: fc.constantFrom(null, null, null, null, 'MAILBOX'),
});
const nudge = fc.constantFrom(0, 0, 0, 1, -1, HOUR);
/** By the events that lie at its ends. */
const span = fc.record({ first: fc.nat(), last: fc.option(fc.nat(), { freq: 4 }), before: nudge, after: nudge });

/** A message that was deferred and expired without a reply: the deferral alone tells why. */
const silentExpiry = fc
  .tuple(fc.nat({ max: 480 }), fc.integer({ min: 1, max: 60 }), fc.constantFrom('mailbox_full', 'rate_limited', 'system_error'))
  .map(([hour, hours, reply]) => [
    deferred(START + hour * HOUR, { id: 'x1', message: 'silent', reply, tenant: TENANT }),
    expired(START + (hour + hours) * HOUR, { id: 'x2', message: 'silent', tenant: TENANT }),
  ]);
const arrivalsOf = fc
  .tuple(eventsOfOneRecipient, fc.option(silentExpiry, { freq: 2, nil: [] }), fc.nat(), fc.nat())
  .map(([events, [one, other], place, next]): readonly LogEvent[] => {
    if (one === undefined || other === undefined) return events;
    const inserted = events.toSpliced(place % (events.length + 1), 0, one);
    return inserted.toSpliced(next % (inserted.length + 1), 0, other);
  });

const telling = fc.tuple(fc.nat({ max: 46 }), fc.constantFrom('a', 'b'), fc.nat({ max: 3 }), fc.boolean(), named, span);

const story = fc.tuple(arrivalsOf, fc.array(telling, { minLength: 1, maxLength: 5 })).map(([arrivals, all]) => {
  const momentOf = (place: number): number => (arrivals[place % arrivals.length] as LogEvent).occurredAt;
  const told = all.map(([before, id, revision, excludes, rest, { first, last, ...nudged }]): Telling => {
    const from = momentOf(first) + nudged.before;
    const until = last === null ? null : Math.max(momentOf(last) + nudged.after, from + 1);
    return { before, incident: { id, revision, excludes, terms: { ...rest, from, until } } };
  });
  return { arrivals, told: told.toSorted((a, b) => a.before - b.before) };
});
/** The first of them alone, of one revision. */
const voided = story.map(({ arrivals, told }) => ({
  arrivals,
  incident: { ...(told[0] as Telling).incident, revision: 0, excludes: true },
}));

/** What a partition knows: the latest revision of each. */
function knownOf(told: readonly Incident[]): readonly Incident[] {
  const latest = new Map<string, Incident>();
  for (const one of told) if (one.revision > (latest.get(one.id)?.revision ?? -1)) latest.set(one.id, one);
  return [...latest.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

interface Story {
  readonly recipient: Recipient;
  readonly changes: readonly Change[];
  readonly clock: number;
}

/** As a partition goes through its log: events and decisions in their order, the row stored and read in between. */
function live(events: readonly LogEvent[], told: readonly Telling[], end: number, storeEvery: number): Story {
  let recipient = newRecipient();
  let clock = Number.NEGATIVE_INFINITY;
  let heard = 0;
  const changes: Change[] = [];
  const here = (): readonly Incident[] => concerning(knownOf(told.slice(0, heard).map(({ incident }) => incident)), TENANT, DOMAIN);
  const isKnown = (id: string): boolean => told.slice(0, heard).some(({ incident }) => incident.id === id);
  const hear = (upTo: number): void => {
    for (; heard < told.length && (told[heard] as Telling).before <= upTo;) {
      heard += 1;
      changes.push(...applyExclusions(recipient, { incidents: here(), known: isKnown }, clock, CONTEXT));
    }
  };
  events.forEach((event, index) => {
    hear(index);
    if (clock > Number.NEGATIVE_INFINITY) changes.push(...advanceTo(recipient, clock, CONTEXT));
    clock = Math.max(clock, event.occurredAt);
    const judge = (failed: DeliveryEvent) => ({
      ...{ verdict: verdictOf(failed), reply: failed.smtp?.text ?? null, provider: PROVIDER },
      ...(failed.source === undefined ? {} : { source: failed.source }),
    });
    const fact = factOf(event, judge);
    if (fact === undefined) return;
    const added = addFact(recipient, marked(fact, here(), isKnown), clock, CONTEXT);
    if (added !== 'duplicate') changes.push(...added);
    if (index % storeEvery === 0) recipient = reread(recipient);
  });
  clock = Math.max(clock, end);
  changes.push(...advanceTo(recipient, clock, CONTEXT));
  hear(Number.POSITIVE_INFINITY);
  return { recipient, changes, clock };
}

function reread(recipient: Recipient): Recipient {
  const again = decodeRecipient(encodeRecipient(recipient), recipient.version);
  if (again === undefined) throw new Error('not readable');
  return again;
}

function expected(events: readonly LogEvent[], told: readonly Telling[], clock: number): Omit<ReturnType<typeof oracle>, 'transitions'> {
  const heldBack = heldBackBy(
    told.map(({ incident }) => incident),
    () => PROVIDER,
  );
  const contrastOf = (_: DeliveryEvent, closesAt: number): boolean => contrast(PROVIDER, closesAt)?.passes === true;
  const { transitions: _, ...answer } = oracle({ events, clock, policy: POLICIES, verdictOf: scriptedVerdict, contrastOf, heldBack });
  return answer;
}

const listOf = (recipient: Recipient): string[] =>
  viewOf(recipient, CONTEXT).suppressions.map(
    ({ scope, reason, since, expiresAt }) => `${scope} ${reason} ${since} until ${String(expiresAt)}`,
  );

/** What a subscriber holds who applies the changes one after the other, a correction to the change that it names. */
function subscribed(changes: readonly Change[]): string[] {
  const held = new Map<string, string>();
  const byVersion = new Map<number, string>();
  for (const { type, suppression, version, corrects } of changes) {
    const key = suppression === null ? '' : `${suppression.scope} ${suppression.reason}`;
    if (type === 'suppressed' && suppression !== null) {
      held.set(key, `${key} ${suppression.since} until ${String(suppression.expiresAt)}`);
      byVersion.set(version, key);
    } else if (type === 'released') held.delete(key);
    else if (type === 'corrected' && corrects !== null) held.delete(byVersion.get(corrects) ?? '');
  }
  return [...held.values()].sort();
}

const endOf = (events: readonly LogEvent[], later: number): number =>
  Math.max(START, ...events.map(({ occurredAt }) => occurredAt)) + later * HOUR;

const latenesses = fc.nat({ max: 40 * 24 });

describe('a recipient whose failures incidents exclude', () => {
  it('is as if they had not failed, except that an `expired` still takes its cause from them', () => {
    fc.assert(
      fc.property(story, latenesses, fc.integer({ min: 1, max: 7 }), ({ arrivals, told }, later, storeEvery) => {
        const { recipient, clock } = live(arrivals, told, endOf(arrivals, later), storeEvery);
        expect(outcomeOf(recipient, CONTEXT)).toEqual(expected(arrivals, told, clock));
      }),
      { numRuns: RUNS / 4 },
    );
  });

  it('publishes what a subscriber needs to keep the same list, with versions that rise by one', () => {
    fc.assert(
      fc.property(story, latenesses, ({ arrivals, told }, later) => {
        const { recipient, changes } = live(arrivals, told, endOf(arrivals, later), 3);
        expect(subscribed(changes)).toEqual(listOf(recipient).sort());
        expect(changes.map(({ version }) => version)).toEqual(changes.map((_, index) => index + 1));
        expectCountedOnce(changes, recipient, CONTEXT);
      }),
      { numRuns: RUNS / 4 },
    );
  });
});

/** A settled story, and an incident that is told, taken back and told again of it. */
function decider(arrivals: readonly LogEvent[], later: number, incident: Incident) {
  const { recipient, clock } = live(arrivals, [], endOf(arrivals, later), 3);
  const decide = (excludes: boolean): readonly Change[] =>
    applyExclusions(recipient, { incidents: concerning([{ ...incident, excludes }], TENANT, DOMAIN), known: () => true }, clock, CONTEXT);
  return { recipient, decide };
}

/** Versions rise with each change. */
const bytesOf = (recipient: Recipient): string => encodeRecipient(recipient).replaceAll(/"version":\d+/g, '');
/** What a window says is kept from when it is first asked, and one who is held back does not ask. */
const withoutAnswers = (bytes: string): string => bytes.replaceAll(/,"(?:contrast|baseline)":\{[^}]*\}/g, '');
/**
 * What was published is kept in the words of then: a streak that late evidence made longer is told anew with its new number, and a stage
 * whose failures a delivery has voided is not told again.
 */
function meaningOf(recipient: Recipient): object {
  const { facts, clock } = recipient;
  return { ...outcomeOf(recipient, CONTEXT), clock, facts: withoutAnswers(JSON.stringify(facts)) };
}

describe('an incident that is voided and restored', () => {
  it('restores the earlier state; from then on every void and every restore gives the same bytes as the last one, except for versions', () => {
    fc.assert(
      fc.property(voided, latenesses, ({ arrivals, incident }, later) => {
        const { recipient, decide } = decider(arrivals, later, incident);
        const before = meaningOf(recipient);
        const after = [true, false, true, false, true].map((excludes) => {
          decide(excludes);
          if (!excludes) expect(meaningOf(recipient)).toEqual(before);
          return bytesOf(recipient);
        });
        expect(withoutAnswers(after[2] as string)).toBe(withoutAnswers(after[0] as string));
        expect(after[3]).toBe(after[1]);
        expect(after[4]).toBe(after[2]);
      }),
      { numRuns: RUNS / 4 },
    );
  });

  it('publishes each suppression that ends or begins once, and nothing else of the list', () => {
    fc.assert(
      fc.property(voided, latenesses, ({ arrivals, incident }, later) => {
        const { recipient, decide } = decider(arrivals, later, incident);
        for (const excludes of [true, false, true]) {
          const before = listOf(recipient);
          const changes = decide(excludes);
          const after = listOf(recipient);
          const differing = [...before.filter((one) => !after.includes(one)), ...after.filter((one) => !before.includes(one))];
          expect(changes.length).toBeLessThanOrEqual(Math.max(1, differing.length));
          if (differing.length === 1) expect(changes.length).toBe(1);
          if (differing.length > 0) expect(changes.filter(({ suppression }) => suppression === null)).toEqual([]);
          expect(changes.every((change) => change.incident === incident.id)).toBe(true);
        }
      }),
      { numRuns: RUNS / 4 },
    );
  });

  it('does nothing when it is announced a second time', () => {
    fc.assert(
      fc.property(voided, latenesses, fc.boolean(), ({ arrivals, incident }, later, excludes) => {
        const { recipient, decide } = decider(arrivals, later, incident);
        decide(true);
        if (!excludes) decide(false);
        const before = [encodeRecipient(recipient), recipient.version];
        expect(decide(excludes)).toEqual([]);
        expect([encodeRecipient(recipient), recipient.version]).toEqual(before);
      }),
      { numRuns: RUNS / 5 },
    );
  });
});
