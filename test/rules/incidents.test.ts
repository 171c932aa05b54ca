/** Incidents, noticed in a stream of events: what fails together counts against nobody, and what fails alone counts as ever. */
import { providerOf } from '@desist/verdicts';
import { policySet } from '@desist/contracts';
import { asAddress, asTenant, DEFAULT_POLICY, HOUR, MINUTE } from '@desist/domain';
import type { DeliveryEvent, IncidentPolicy, LogEvent } from '@desist/domain';
import { createReplay } from '@desist/pipeline';
import type { Replay, Replayed, ReplayedIncident } from '@desist/pipeline';
import { describe, expect, it } from 'vitest';

const DAY_OF_IT = Date.UTC(2020, 11, 14);
const UNKNOWN =
  "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos";

const FULL = '452 4.2.2 The email account that you tried to reach is over quota';

let serial = 0;
function event(type: DeliveryEvent['type'], recipient: string, at: number, text?: string): DeliveryEvent {
  serial += 1;
  const smtp = text === undefined ? {} : { smtp: { code: Number(text.slice(0, 3)), enhanced: text.split(' ')[1] as string, text } };
  return {
    id: `e${serial}`,
    tenant: asTenant('acme'),
    stream: 'default',
    recipient: asAddress(recipient),
    messageId: `m${serial}`,
    type,
    occurredAt: at,
    ...smtp,
  };
}

/** Mail to a provider every so many minutes, each to another recipient of `people`. */
function mail(domain: string, [from, to]: readonly [number, number], every: number, people: number): readonly DeliveryEvent[] {
  const events: DeliveryEvent[] = [];
  for (let at = from, i = 0; at < to; at += every * MINUTE, i += 1) events.push(event('delivered', `user${i % people}@${domain}`, at));
  return events;
}

function inOrder(...streams: readonly (readonly LogEvent[])[]): readonly LogEvent[] {
  return streams.flat().sort((a, b) => a.occurredAt - b.occurredAt);
}

interface Told {
  readonly replay: Replay;
  readonly published: readonly Replayed[];
  readonly incidents: readonly ReplayedIncident[];
  readonly suppressed: readonly string[];
}

function tell(events: readonly LogEvent[], until: number, incidents: Partial<IncidentPolicy> = {}): Told {
  const base = { ...DEFAULT_POLICY, incidents: { ...DEFAULT_POLICY.incidents, ...incidents } };
  const replay = createReplay({ policies: policySet({ base, tenants: new Map() }), providerOf, until });
  const published = events.flatMap((one) => replay.fold(one)).concat(replay.finish());
  return {
    replay,
    published,
    incidents: published.filter((one) => 'notice' in one),
    suppressed: [...replay.notHealthy()].filter(({ view }) => view.suppressions.length > 0).map(({ address }) => address),
  };
}

/** Four days of usual mail; on the last, between 13:20 and 18:50, nearly everybody at gmail.com does not exist. */
function fourteenthOfDecember(): readonly LogEvent[] {
  const begin = DAY_OF_IT + 13 * HOUR + 20 * MINUTE;
  const end = DAY_OF_IT + 18 * HOUR + 50 * MINUTE;
  const before = DAY_OF_IT - 3 * 24 * HOUR;
  const usual = [mail('gmail.com', [before, begin], 2, 400), mail('yahoo.com', [before, end + 24 * HOUR], 5, 100)];
  const during: DeliveryEvent[] = [];
  for (let at = begin, i = 0; at < end; at += 2 * MINUTE, i += 1) {
    during.push(i % 10 === 9 ? event('delivered', `user${i}@gmail.com`, at) : event('bounced', `user${i}@gmail.com`, at, UNKNOWN));
  }
  const after = mail('gmail.com', [end, end + 24 * HOUR], 2, 400).map((one) => ({
    ...one,
    recipient: asAddress(`later-${one.recipient}`),
  }));
  const gone = [
    // Never existed: before, and after.
    event('bounced', 'gone-before@gmail.com', DAY_OF_IT, UNKNOWN),
    event('bounced', 'gone-after@gmail.com', end + 6 * HOUR, UNKNOWN),
    event('bounced', 'gone@yahoo.com', begin + HOUR, '550 5.1.1 unknown user'),
    { ...event('complained', 'angry@gmail.com', begin + HOUR) },
  ];
  return inOrder(...usual, during, after, gone);
}

describe('a day like 14 December 2020, when Gmail answered 550 5.1.1 for valid accounts', () => {
  const told = tell(fourteenthOfDecember(), DAY_OF_IT + 3 * 24 * HOUR);

  it('leaves no address suppressed that would not have been without it', () => {
    expect(told.suppressed).toEqual(['angry@gmail.com', 'gone-after@gmail.com', 'gone-before@gmail.com', 'gone@yahoo.com']);
    const without = tell(fourteenthOfDecember(), DAY_OF_IT + 3 * 24 * HOUR, { detect: false });
    expect(without.suppressed.length).toBeGreaterThan(100);
  });

  it('is one incident, opened and closed once, with counts, codes and sample replies', () => {
    expect(told.incidents.map(({ notice }) => [notice.action, notice.id])).toEqual([
      ['opened', told.incidents[0]?.notice.id],
      ['closed', told.incidents[0]?.notice.id],
    ]);
    const [opened, closed] = told.incidents.map(({ notice }) => notice);
    expect(opened?.summary?.failing).toBeGreaterThanOrEqual(20);
    expect(closed?.summary).toMatchObject({ samples: [UNKNOWN], codes: [{ code: '550 5.1.1' }] });
    expect(closed?.summary?.failing).toBeGreaterThan(140);
    const { from, until } = closed?.terms ?? { from: 0, until: 0 };
    expect(from).toBeLessThanOrEqual(DAY_OF_IT + 13 * HOUR + 20 * MINUTE);
    expect(from).toBeGreaterThanOrEqual(DAY_OF_IT + 12.5 * HOUR);
    expect(until).toBeGreaterThanOrEqual(DAY_OF_IT + 18 * HOUR + 50 * MINUTE);
    expect(until).toBeLessThanOrEqual(DAY_OF_IT + 19.5 * HOUR);
  });

  it('corrects whoever it had already suppressed, with one change that names the incident', () => {
    const changes = told.published.flatMap((one) => ('change' in one ? [one] : []));
    const corrected = changes.filter(({ change }) => change.incident !== undefined);
    expect(corrected.length).toBeGreaterThan(10);
    expect(new Set(corrected.map(({ address }) => address)).size).toBe(corrected.length);
    for (const { change } of corrected)
      expect(change).toMatchObject({ type: 'corrected', cause: 'correction', corrects: 1, to: 'healthy' });
    expect(new Set(corrected.map(({ change }) => change.incident))).toEqual(new Set([told.incidents[0]?.notice.id]));
  });
});

describe('what is no incident', () => {
  const from = DAY_OF_IT + 10 * HOUR;
  const end = DAY_OF_IT + 30 * HOUR;
  const bounces = (count: number, domain = 'example.com'): readonly DeliveryEvent[] =>
    Array.from({ length: count }, (_, i) => event('bounced', `gone${i}@${domain}`, from + i * MINUTE, '550 5.1.1 no such user'));
  const usual = mail('example.com', [DAY_OF_IT - 24 * HOUR, from], 10, 50);

  it('fewer recipients than twenty', () => {
    expect(tell(inOrder(usual, bounces(19)), end).incidents).toEqual([]);
    expect(tell(inOrder(usual, bounces(20)), end).incidents.map(({ notice }) => notice.action)).toEqual(['opened', 'closed']);
  });

  it('fewer than half of the recipients that were tried', () => {
    const beside = (every: number): readonly DeliveryEvent[] => mail('example.com', [from, from + 40 * MINUTE], every, 50);
    expect(tell(inOrder(usual, bounces(40), beside(0.9)), end).incidents).toEqual([]);
    expect(tell(inOrder(usual, bounces(40), beside(1.1)), end).incidents).not.toEqual([]);
  });

  it('a source that reports bounces only: nothing is known of what is usual', () => {
    expect(tell(bounces(200), end).suppressed).toHaveLength(200);
    expect(tell(inOrder(usual.slice(0, 19), bounces(200)), end).incidents).toEqual([]);
  });

  it('a provider that has always been like this', () => {
    const always = Array.from({ length: 120 }, (_, i) =>
      event('bounced', `dead${i}@example.com`, DAY_OF_IT - 20 * HOUR + i * 15 * MINUTE, '550 5.1.1 no such user'),
    );
    const told = tell(inOrder(mail('example.com', [DAY_OF_IT - 24 * HOUR, from], 30, 50), always, bounces(30)), end);
    expect(told.incidents).toEqual([]);
  });

  it('the same few recipients failing for days, however often they are tried', () => {
    const retried = Array.from({ length: 40 }, (_, i) => i).flatMap((i) =>
      Array.from({ length: 48 }, (_, hour) =>
        event('deferred', `bad${i}@example.com`, DAY_OF_IT - 24 * HOUR + (hour + i / 40) * HOUR, '450 4.1.1 User unknown'),
      ),
    );
    // They begin one by one, among enough other mail.
    const begun = retried.filter(
      ({ recipient, occurredAt }) => occurredAt >= DAY_OF_IT - 24 * HOUR + Number(/\d+/.exec(recipient)?.[0]) * HOUR,
    );
    const beside = mail('example.com', [DAY_OF_IT - 24 * HOUR, DAY_OF_IT + 24 * HOUR], 20, 50);
    expect(tell(inOrder(begun, beside), end).incidents).toEqual([]);
  });

  it("full mailboxes: each is the recipient's own", () => {
    const full = Array.from({ length: 100 }, (_, i) => event('deferred', `user${i}@example.com`, from + i * MINUTE, FULL));
    expect(tell(inOrder(usual, full), end).incidents).toEqual([]);
  });

  it('a burst that is small beside the mail of an hour, unless very many fail in it', () => {
    const burst = (count: number): readonly DeliveryEvent[] =>
      Array.from({ length: count }, (_, i) => event('bounced', `gone${i}@example.com`, from + i * 1_000, '550 5.1.1 no such user'));
    const beside = mail('example.com', [from - HOUR, from + HOUR], 0.25, 50);
    expect(tell(inOrder(usual, beside, burst(99)), end).incidents).toEqual([]);
    expect(tell(inOrder(usual, beside, burst(100)), end).incidents).not.toEqual([]);
  });

  it("the sender's own problem: it counts against no recipient anyway", () => {
    const blocked = Array.from({ length: 100 }, (_, i) =>
      event('bounced', `user${i}@example.com`, from + i * MINUTE, '550 5.7.1 Message rejected due to poor reputation of the sending IP'),
    );
    expect(tell(inOrder(usual, blocked), end).incidents).toEqual([]);
  });

  it('anything when the policy says so', () => {
    expect(tell(inOrder(usual, bounces(200)), end, { detect: false }).incidents).toEqual([]);
    expect(tell(inOrder(usual, bounces(200)), end, { recipients: 201 }).incidents).toEqual([]);
  });
});

describe('an incident', () => {
  it('at a provider with very little mail (seven an hour) is noticed too', () => {
    const from = DAY_OF_IT + 10 * HOUR;
    const usual = mail('example.com', [DAY_OF_IT - 3 * 24 * HOUR, from], 9, 50);
    const during = Array.from({ length: 40 }, (_, i) =>
      event('bounced', `user${i}@example.com`, from + i * 9 * MINUTE, '550 5.1.1 unknown'),
    );
    const after = mail('example.com', [from + 6 * HOUR, from + 30 * HOUR], 9, 50).map((one) => ({
      ...one,
      recipient: asAddress(`new-${one.recipient}`),
    }));
    const told = tell(inOrder(usual, during, after), from + 40 * HOUR);
    expect(told.suppressed).toEqual([]);
    expect(told.incidents.map(({ notice }) => notice.action)).toEqual(['opened', 'closed']);
  });

  it('that never ends is closed after three days: then it is the recipients', () => {
    const from = DAY_OF_IT;
    const usual = mail('closed.example', [from - 48 * HOUR, from], 10, 50);
    const ever = Array.from({ length: 600 }, (_, i) =>
      event('bounced', `user${i}@closed.example`, from + i * 10 * MINUTE, '550 5.1.2 host unknown, no such user here'),
    );
    const told = tell(inOrder(usual, ever), from + 120 * HOUR);
    const closed = told.incidents.find(({ notice }) => notice.action === 'closed')?.notice;
    const { from: began = 0, until } = closed?.terms ?? {};
    expect(until).toBe(began + 72 * HOUR);
    expect(told.suppressed.length).toBeGreaterThan(100);
  });

  it('counts 4xx failures like bounces, and leaves no recipient on the way to a suppression', () => {
    const from = DAY_OF_IT + 10 * HOUR;
    const usual = mail('example.com', [DAY_OF_IT - 24 * HOUR, from], 10, 50);
    const during = Array.from({ length: 60 }, (_, i) =>
      event('deferred', `user${i}@example.com`, from + i * MINUTE, '450 4.1.1 User unknown'),
    );
    const told = tell(inOrder(usual, during), from + 2 * HOUR);
    expect([...told.replay.notHealthy()]).toEqual([]);
  });
});

describe('the edges of an incident', () => {
  const from = DAY_OF_IT + 10 * HOUR;
  const usual = mail('example.com', [DAY_OF_IT - 48 * HOUR, from], 1, 400);
  const later = (at: number, every: number): readonly DeliveryEvent[] =>
    mail('example.com', [at, at + 12 * HOUR], every, 400).map((one) => ({ ...one, recipient: asAddress(`new-${one.recipient}`) }));
  const outage = (begin: number, end: number): readonly DeliveryEvent[] =>
    Array.from({ length: (end - begin) / MINUTE }, (_, i) =>
      event('bounced', `valid${i}@example.com`, begin + i * MINUTE, '550 5.1.1 unknown'),
    );

  it('reach into the quarters whose deliveries hide its first and last minutes', () => {
    // From the last minute of one quarter to the first of another.
    const [begin, end] = [from - MINUTE, from + 2 * HOUR + MINUTE];
    const before = usual.filter(({ occurredAt }) => occurredAt < begin);
    const told = tell(inOrder(before, outage(begin, end), later(end, 1)), end + 24 * HOUR);
    expect(told.suppressed).toEqual([]);
  });

  it('are not moved by a single failure in the calm after it', () => {
    const end = from + 2 * HOUR;
    const alone = event('bounced', 'gone@example.com', end + 50 * MINUTE, '550 5.1.1 unknown');
    // Little mail: in its own quarter the one failure is most of it.
    const told = tell(inOrder(usual, outage(from, end), later(end, 4), [alone]), end + 24 * HOUR);
    const closed = told.incidents.find(({ notice }) => notice.action === 'closed')?.notice;
    expect(closed?.terms.until).toBe(end + 15 * MINUTE);
    expect(told.suppressed).toEqual(['gone@example.com']);
  });
});

describe('a log that contains the decisions', () => {
  it('is followed: nothing is detected besides them', () => {
    const events = fourteenthOfDecember();
    const noticed = tell(events, DAY_OF_IT + 3 * 24 * HOUR);
    const replay = createReplay({
      policies: policySet({ base: DEFAULT_POLICY, tenants: new Map() }),
      providerOf,
      until: DAY_OF_IT + 72 * HOUR,
    });
    const [opened, closed] = noticed.incidents.map(({ notice }) => notice);
    const records = [
      ...events.map((one) => ({ at: one.occurredAt, one })),
      { at: opened?.at ?? 0, one: opened },
      { at: closed?.at ?? 0, one: closed },
    ];
    const published = records
      .sort((a, b) => a.at - b.at)
      .flatMap(({ one }) => (one === undefined ? [] : 'action' in one ? replay.apply(one) : replay.fold(one)));
    published.push(...replay.finish());
    expect([...replay.notHealthy()].map(({ address }) => address)).toEqual(noticed.suppressed);
    expect(published.filter((one) => 'notice' in one)).toHaveLength(2);
  });
});

/** What one tenant sends is another's business only when enough tenants show the same. */
describe('an incident of several tenants', () => {
  const from = DAY_OF_IT + 10 * HOUR;
  const end = from + 2 * HOUR;
  const of = (tenant: string, events: readonly DeliveryEvent[]): readonly DeliveryEvent[] =>
    events.map((one) => ({ ...one, tenant: asTenant(tenant), recipient: asAddress(`${tenant}-${one.recipient}`) }));
  const usual = (tenant: string): readonly DeliveryEvent[] => of(tenant, mail('mid.example', [from - 48 * HOUR, from], 30, 50));
  const later = (tenant: string): readonly DeliveryEvent[] =>
    of(
      tenant,
      mail('mid.example', [end, end + 12 * HOUR], 10, 50).map((one) => ({ ...one, recipient: asAddress(`later-${one.recipient}`) })),
    );
  const outage = (tenant: string, count: number): readonly DeliveryEvent[] =>
    of(
      tenant,
      Array.from({ length: count }, (_, i) =>
        event('bounced', `valid${i}@mid.example`, from + Math.floor((i * (end - from)) / count), '550 5.1.1 unknown'),
      ),
    );
  const seenBy = (...counts: readonly (readonly [string, number])[]): readonly LogEvent[] =>
    inOrder(...counts.flatMap(([tenant, count]) => [usual(tenant), outage(tenant, count), later(tenant)]));
  const concerned = ({ incidents }: Told): readonly (string | null)[] =>
    incidents.filter(({ notice }) => notice.action === 'opened').map(({ notice }) => notice.terms.tenant);

  it("one tenant has its own, and another tenant's failures count", () => {
    const told = tell(seenBy(['acme', 60], ['beta', 5]), end + 48 * HOUR);
    expect(concerned(told)).toEqual(['acme']);
    expect(told.suppressed).toEqual([0, 1, 2, 3, 4].map((i) => `beta-valid${i}@mid.example`));
  });

  it('two tenants that each show it make it one of the whole installation', () => {
    const told = tell(seenBy(['acme', 60], ['beta', 60], ['small', 5]), end + 48 * HOUR);
    expect(concerned(told)).toEqual(['acme', 'beta', null]);
    expect(told.suppressed).toEqual([]);
    const closed = told.incidents.filter(({ notice }) => notice.action === 'closed').map(({ notice }) => notice);
    expect(closed.map(({ terms }) => terms.tenant)).toEqual(['acme', 'beta', null]);
    // It is over when fewer than two go on.
    expect(closed[2]?.terms.until).toBe(Math.min(...closed.slice(0, 2).map(({ terms }) => terms.until ?? 0)));
    expect(closed[2]?.summary?.failing).toBeGreaterThanOrEqual(120);
  });

  it('as many as the policy says', () => {
    const events = seenBy(['acme', 60], ['beta', 60], ['small', 5]);
    expect(concerned(tell(events, end + 48 * HOUR, { tenants: 3 }))).toEqual(['acme', 'beta']);
    expect(concerned(tell(seenBy(['acme', 60], ['beta', 60], ['gamma', 60]), end + 48 * HOUR, { tenants: 3 }))).toEqual([
      'acme',
      'beta',
      'gamma',
      null,
    ]);
  });

  it('not while one of them outweighs the others', () => {
    const told = tell(seenBy(['acme', 300], ['beta', 25], ['small', 5]), end + 48 * HOUR);
    expect(concerned(told)).toEqual(['acme', 'beta']);
    expect(told.suppressed).toHaveLength(5);
  });

  it('a tenant that outweighs the others does not prevent one of the others', () => {
    const told = tell(seenBy(['acme', 900], ['beta', 60], ['gamma', 60], ['small', 5]), end + 48 * HOUR);
    expect(concerned(told).includes(null)).toBe(true);
    expect(told.suppressed).toEqual([]);
  });

  it('bounces that a tenant invents leave the hard bounces of another suppressed', () => {
    const noon = DAY_OF_IT + 12 * HOUR;
    const invented = Array.from({ length: 120 }, (_, i) =>
      event('bounced', `nobody${i}@mid.example`, noon + i * 2_000, '550 5.1.1 user unknown'),
    );
    const genuine = Array.from({ length: 5 }, (_, i) =>
      event('bounced', `dead${i}@mid.example`, noon + (20 + i) * MINUTE, '550 5.1.1 user unknown'),
    );
    const before = mail('mid.example', [noon - 49 * HOUR, noon - 48 * HOUR], 1, 60);
    // With and without deliveries of its own beside them, from which it would have an incident.
    for (const delivered of [[], of('mallory', before)]) {
      const told = tell(inOrder(of('victim', [...before, ...genuine]), delivered, of('mallory', invented)), noon + HOUR);
      expect(told.suppressed.filter((address) => address.startsWith('victim-'))).toHaveLength(5);
      expect(concerned(told)).toEqual(delivered.length > 0 ? ['mallory'] : []);
    }
  });
});
