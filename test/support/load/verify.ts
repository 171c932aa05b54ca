/** Table, compacted topic and changes against the sequential oracle: 0 lost, 0 doubled. */
import { createTable } from '@desist/client';
import type { Replica } from '@desist/client';
import { expect } from 'vitest';
import { asTenant, decodeRecipient, decodeShadow, DEFAULT_POLICY, tenantPolicy, viewOf } from '@desist/domain';
import { classify, NO_REPLY } from '@desist/verdicts';
import type { LogEvent, PolicySet } from '@desist/domain';
import type { Verdict } from '@desist/verdicts';
import { createRollups, partitionOf } from '@desist/pipeline';
import type { RollupRow } from '@desist/pipeline';
import { oracle } from '../oracle/oracle.ts';
import { differenceOf, recountChanges, recountEvents } from '../oracle/rollups.ts';
import type { PublishedChange } from '../oracle/rollups.ts';
import { recountRegret } from '../oracle/regret.ts';
import { shadowDifference } from '../oracle/shadow.ts';
import type { HeldByShadow } from '../oracle/shadow.ts';
import type { Planted } from './events.ts';
import type { Installation } from './installation.ts';
import { PARTITIONS } from './installation.ts';

const POLICIES: PolicySet = { version: 'any', base: DEFAULT_POLICY, tenants: new Map() };

export interface Verified {
  readonly recipients: number;
  readonly suppressions: number;
  readonly changes: number;
  /** Changes that were read again. */
  readonly repeats: number;
  /** Changes whose numbers were given again, because the database went back and had forgotten them. */
  readonly forgotten: number;
  readonly deadLetters: number;
  /** Suppressions that a delivery has shown to be wrong; 0 where it is not counted. */
  readonly regretted: number;
  /** Suppressions that a shadow policy has made; 0 where there is none, or they are not counted. */
  readonly shadowed: number;
}

interface Held {
  readonly scope: string;
  readonly reason: string;
  readonly since: string;
  readonly expiresAt: string | null;
}

/** A change, as far as it is compared. */
export interface Published {
  readonly id: string;
  readonly recipient: string;
  readonly type: string;
  readonly recipientVersion: number;
  readonly suppression: Held | null;
  readonly sequence: { readonly partition: number; readonly number: number; readonly incarnation?: number };
}

/** Readers that ran all the time: what they hold at the end is compared, too. */
export interface Readers {
  /** In the order in which they were handed on, each once. */
  readonly changes: readonly Published[];
  readonly replica: Pick<Replica, 'find' | 'size'>;
}

export interface VerifyOptions {
  /** Default: the built-in policy. */
  readonly policies?: PolicySet;
  readonly readers?: Readers;
}

/** Call when no engine runs any more: the checkpoints' clocks are the moments at which the oracle is asked. */
export async function verify(
  { db, log }: Installation,
  planted: readonly Planted[],
  { policies = POLICIES, readers }: VerifyOptions = {},
): Promise<Verified> {
  const clocks = new Map(
    (await db.query('select partition, clock from desist.checkpoint')).map((row) => [Number(row['partition']), Number(row['clock'])]),
  );
  const wanted = expectedList(planted, clocks, policies);
  const text = (values: Iterable<string>): readonly string[] => [...values].sort();

  const table = await db.query('select address, scope, reason, since, expires_at from desist.suppression_list');
  const rows = table.map((row) => {
    const expires = row['expires_at'] as Date | null;
    return line(row['address'] as string, {
      scope: row['scope'] as string,
      reason: row['reason'] as string,
      since: (row['since'] as Date).toISOString(),
      expiresAt: expires === null ? null : expires.toISOString(),
    });
  });
  expect(text(rows), `the table equals the oracle${firstDifference(rows, wanted.lines, planted)}`).toEqual(text(wanted.lines));
  const states = await db.query("select address, state from desist.recipient_status where state <> 'healthy'");
  const found = states.map((row) => `${String(row['address'])} ${String(row['state'])}`);
  expect(text(found), `the states equal the oracle${firstDifference(found, wanted.states, planted)}`).toEqual(text(wanted.states));

  const compacted: string[] = [];
  for (const [, { value }] of await log.readCompacted('suppressions')) {
    if (value === null) continue;
    const { recipient, suppressions } = JSON.parse(Buffer.from(value).toString()) as { recipient: string; suppressions: readonly Held[] };
    for (const held of suppressions) compacted.push(line(recipient, held));
  }
  expect(text(compacted), 'the compacted topic equals the table').toEqual(text(rows));
  const kept = createTable();
  for await (const { key, value, headers } of log.readTopic('suppressions')) {
    expect(kept.apply(Buffer.from(key ?? []).toString(), value, headers), 'it can be read').toBe(true);
  }
  const addresses = new Set(table.map((row) => row['address'] as string));
  const applied = [...addresses].flatMap((address) => (kept.find('acme', address)?.suppressions ?? []).map((held) => line(address, held)));
  expect(text(applied), 'who keeps the highest version of each key holds the table').toEqual(text(rows));

  const { changes, repeats } = await publishedOnce(log);
  const forgotten = expectDense(changes);
  // A change that the database has forgotten and that does not come again stays with who reads the changes alone.
  const certain = (row: string): boolean => !forgotten.has(row.slice(0, row.indexOf(' ')));
  expect(text(replayed(changes).filter(certain)), 'a subscriber who applies the changes holds the table').toEqual(
    text(rows.filter(certain)),
  );
  if (readers !== undefined) {
    expect(text(replayed(readers.changes).filter(certain)), 'the subscriber that ran all the time holds the table').toEqual(
      text(rows.filter(certain)),
    );
    const replica = [...addresses].flatMap((address) =>
      (readers.replica.find('acme', address)?.suppressions ?? []).map((held) => line(address, held)),
    );
    expect(text(replica), 'the replica that ran all the time equals the table').toEqual(text(rows));
    expect(readers.replica.size(), 'the replica has nothing more').toBe(kept.size());
  }

  const letters: string[] = [];
  for await (const { headers } of log.readTopic('deadLetters'))
    letters.push(`${String(headers['reason'])} ${String(headers['partition'])} ${String(headers['offset'])}`);
  const junk = planted.flatMap((one) => ('junk' in one ? one.junk.reason : []));
  expect(
    text(new Set(letters))
      .map((letter) => letter.split(' ')[0])
      .sort(),
    'dead letters as planted',
  ).toEqual(text(junk));
  // Sends that were not acknowledged may be in the log twice, and who goes back forgets what was counted.
  const { regretted, shadowed } = readers === undefined ? await expectCounted(db, planted, { changes, policies }) : NOT_COUNTED;
  return {
    recipients: wanted.recipients,
    suppressions: rows.length,
    changes: changes.length,
    repeats,
    forgotten: [...forgotten.values()].reduce((sum, count) => sum + count, 0),
    deadLetters: junk.length,
    regretted,
    shadowed,
  };
}

type CountedSuppressions = Pick<Verified, 'regretted' | 'shadowed'>;
const NOT_COUNTED: CountedSuppressions = { regretted: 0, shadowed: 0 };

/** Events, regret, changes by type, and what the shadow policy holds, are counted as the log, the published changes and the rows say. */
async function expectCounted(
  db: Installation['db'],
  planted: readonly Planted[],
  { changes, policies }: { readonly changes: readonly Published[]; readonly policies: PolicySet },
): Promise<CountedSuppressions> {
  const rows = (await db.query(
    `select family, at, tenant, provider, stream, pool, domain, type, category, attribution, upper_bound as "upperBound", events
     from desist.rollup_hour`,
  )) as readonly unknown[] as RollupRow[];
  for (const [partition, bodies] of Map.groupBy(
    await db.query('select partition, body from desist.rollup_pending order by partition, id'),
    (row) => row['partition'],
  )) {
    expect(partition).toEqual(expect.any(Number));
    const write = createRollups(bodies.map(({ body }) => String(body))).drain({ now: 0, present: Date.now() });
    if (write?.kind === 'counted') rows.push(...write.hours);
  }
  const recounted = recountEvents(planted.flatMap((one) => ('event' in one ? [one] : [])));
  for (const [cell, { least, most }] of recounted) expect(least, `the log says exactly how many: ${cell}`).toBe(most);
  const events = rows.filter(({ family }) => family === 'events');
  expect(differenceOf(events, recounted), 'roll-ups equal a recount of the log').toBeUndefined();
  const sum = (of: (row: RollupRow) => boolean): number => rows.filter(of).reduce((all, row) => all + row.events, 0);
  expect(sum(({ family }) => family === 'events')).toBeGreaterThan(1_000);
  const inOrder = changes.toSorted((a, b) => a.sequence.partition - b.sequence.partition || a.sequence.number - b.sequence.number);
  const published = inOrder as readonly Published[] as readonly (Published & PublishedChange)[];
  const { counts, isTold } = recountChanges(published);
  const measured = rows.filter(({ family, type }) => family === 'regret' && (type === 'suppressed' || type === 'regretted'));
  const inLog = planted.flatMap((one) => ('event' in one ? [one.event] : []));
  expect(
    differenceOf(
      measured.map((row) => ({ ...row, provider: '' })),
      recountRegret(published, inLog),
    ),
    'regret equals a recount of the changes and deliveries',
  ).toBeUndefined();
  const counted = rows.filter((row) => row.family === 'changes' && isTold(row)).map((row) => ({ ...row, provider: '' }));
  expect(differenceOf(counted, counts), 'roll-ups equal a recount of the changes').toBeUndefined();
  expect(shadowDifference(rows, await heldByShadow(db, policies)), 'what the shadow policy holds is what is counted').toBeUndefined();
  return {
    regretted: sum(({ family, type }) => family === 'regret' && type === 'regretted'),
    shadowed: sum(({ family, type }) => family === 'shadow' && type === 'shadow_suppressed'),
  };
}

async function heldByShadow(db: Installation['db'], { shadow: policies }: PolicySet): Promise<readonly HeldByShadow[]> {
  if (policies === undefined) return [];
  const rows = await db.query(
    'select tenant, address, version, evidence::text as evidence, shadow from desist.recipient where shadow is not null',
  );
  return rows.flatMap((row) => {
    const [tenant, address] = [String(row['tenant']), String(row['address'])];
    const real = decodeRecipient(String(row['evidence']), Number(row['version']));
    const shadow = real === undefined ? undefined : decodeShadow(String(row['shadow']), real);
    if (shadow === undefined) throw new Error(`what is stored of ${address} cannot be read`);
    const { suppressions } = viewOf(shadow, { policies: tenantPolicy(policies, asTenant(tenant)), policyVersion: policies.version });
    return suppressions.map(({ reason, since }) => ({ tenant, address, reason, since }));
  });
}

function expectedList(
  planted: readonly Planted[],
  clocks: ReadonlyMap<number, number>,
  policies: PolicySet,
): { lines: string[]; states: string[]; recipients: number } {
  const byRecipient = new Map<string, LogEvent[]>();
  for (const one of planted) {
    if (!('event' in one)) continue;
    const own = byRecipient.get(one.event.recipient);
    if (own === undefined) byRecipient.set(one.event.recipient, [one.event]);
    else own.push(one.event);
  }
  const lines: string[] = [];
  const states: string[] = [];
  for (const [address, events] of byRecipient) {
    if (events.every(({ type }) => type === 'delivered')) continue;
    const clock = clocks.get(partitionOf(Buffer.from(`acme/${address}`), PARTITIONS)) ?? Number.NaN;
    const truth = oracle({ events, clock, policy: policies, verdictOf });
    if (truth.state !== 'healthy') states.push(`${address} ${truth.state}`);
    for (const { scope, reason, since, expiresAt } of truth.suppressions) {
      const expires = expiresAt === null ? null : new Date(expiresAt).toISOString();
      lines.push(line(address, { scope, reason, since: new Date(since).toISOString(), expiresAt: expires }));
    }
  }
  return { lines, states, recipients: byRecipient.size };
}

/** The events of somebody about whom the two differ; nothing when nobody does. */
function firstDifference(found: readonly string[], wanted: readonly string[], planted: readonly Planted[]): string {
  const [has, should] = [new Set(found), new Set(wanted)];
  const other = [...wanted.filter((one) => !has.has(one)), ...found.filter((one) => !should.has(one))];
  const [first] = other;
  if (first === undefined) return '';
  const address = first.slice(0, first.indexOf(' '));
  const events = planted.flatMap((one) => ('event' in one && one.event.recipient === address ? [one.event] : []));
  return `: ${other.filter((one) => one.startsWith(`${address} `)).join(' / ')} after ${JSON.stringify(events)}`;
}

function verdictOf(event: LogEvent): Verdict | null {
  if (!('smtp' in event) || event.smtp === undefined) return event.type === 'expired' ? null : NO_REPLY;
  return classify({ text: event.smtp.text ?? '', ...(event.smtp.code === undefined ? {} : { code: event.smtp.code }) });
}

const line = (address: string, { scope, reason, since, expiresAt }: Held): string =>
  `${address} ${scope} ${reason} ${since} ${String(expiresAt)}`;

/** What each place (incarnation, partition, number) has first. A repeat must be the same change. */
async function publishedOnce(log: Installation['log']): Promise<{ readonly changes: readonly Published[]; readonly repeats: number }> {
  const byPlace = new Map<string, string>();
  const changes: Published[] = [];
  let repeats = 0;
  for await (const { value } of log.readTopic('suppressionEvents')) {
    const json = Buffer.from(value ?? []).toString();
    const change = JSON.parse(json) as Published;
    const { incarnation = 0, partition, number } = change.sequence;
    const place = `${incarnation}/${partition}/${number}`;
    const known = byPlace.get(place);
    if (known !== undefined) {
      expect(json, 'a repeat is the same change').toBe(known);
      repeats += 1;
    } else {
      byPlace.set(place, json);
      changes.push(change);
    }
  }
  return { changes, repeats };
}

/**
 * Numbers of each partition from 1 without a gap, versions of each recipient likewise and in order. A higher incarnation goes on where the
 * database went back to: at or before the end of the one before, never behind it. Answers by recipient how many changes were forgotten so.
 */
function expectDense(changes: readonly Published[]): ReadonlyMap<string, number> {
  const forgotten = new Map<string, number>();
  const byPlace = [...changes].sort((a, b) => incarnationOf(a) - incarnationOf(b) || a.sequence.number - b.sequence.number);
  for (const [partition, own] of Map.groupBy(byPlace, ({ sequence }) => sequence.partition)) {
    for (const { recipient } of expectRuns(`partition ${partition}`, own, ({ sequence }) => sequence.number)) {
      forgotten.set(recipient, (forgotten.get(recipient) ?? 0) + 1);
    }
  }
  for (const [recipient, own] of Map.groupBy(changes, (one) => one.recipient)) {
    expectRuns(recipient, own, (one) => one.recipientVersion);
  }
  return forgotten;
}

const incarnationOf = ({ sequence }: Published): number => sequence.incarnation ?? 0;

/** Answers what a higher incarnation does not know any more. */
function expectRuns(what: string, own: readonly Published[], numberOf: (change: Published) => number): readonly Published[] {
  const held: Published[] = [];
  const forgotten: Published[] = [];
  for (const change of own) {
    const number = numberOf(change);
    const last = held.at(-1);
    if (last !== undefined && incarnationOf(last) < incarnationOf(change)) forgotten.push(...held.splice(Math.max(0, number - 1)));
    if (number !== held.length + 1) expect.fail(`${what}: ${number} behind ${held.length}: ${JSON.stringify(change)}`);
    held.push(change);
  }
  return forgotten;
}

function replayed(changes: readonly Published[]): string[] {
  const held = new Map<string, string>();
  const byVersion = new Map<string, string>();
  for (const change of changes) {
    const { type, recipient, suppression, recipientVersion } = change;
    if (suppression === null) continue;
    const key = `${recipient} ${suppression.scope} ${suppression.reason}`;
    if (type === 'suppressed') {
      held.set(key, line(recipient, suppression));
      byVersion.set(`${recipient} ${recipientVersion}`, key);
    } else if (type === 'released' || type === 'corrected') held.delete(key);
  }
  return [...held.values()];
}
