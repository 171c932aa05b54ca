/** Table, compacted topic and changes against the sequential oracle: 0 lost, 0 doubled. */
import { expect } from 'vitest';
import { partitionOf } from '@desist/log-kafka';
import { classify, DEFAULT_POLICY, NO_REPLY } from '@desist/domain';
import type { LogEvent, PolicySet, Verdict } from '@desist/domain';
import { oracle } from '../oracle/oracle.ts';
import type { Planted } from './events.ts';
import type { Installation } from './installation.ts';
import { PARTITIONS } from './installation.ts';

const POLICIES: PolicySet = { version: 'any', base: DEFAULT_POLICY, tenants: new Map() };

export interface Verified {
  readonly recipients: number;
  readonly suppressions: number;
  readonly changes: number;
  readonly deadLetters: number;
}

interface Held {
  readonly scope: string;
  readonly reason: string;
  readonly since: string;
  readonly expiresAt: string | null;
}

interface Published {
  readonly id: string;
  readonly recipient: string;
  readonly type: string;
  readonly recipientVersion: number;
  readonly suppression: Held | null;
  readonly sequence: { readonly partition: number; readonly number: number };
}

/** Call when no engine runs any more: the checkpoints' clocks are the moments at which the oracle is asked. */
export async function verify({ db, log }: Installation, planted: readonly Planted[]): Promise<Verified> {
  const clocks = new Map(
    (await db.query('select partition, clock from desist.checkpoint')).map((row) => [Number(row['partition']), Number(row['clock'])]),
  );
  const wanted = expectedList(planted, clocks);
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
  expect(text(rows), 'the table equals the oracle').toEqual(text(wanted.lines));
  const states = await db.query("select address, state from desist.recipient_status where state <> 'healthy'");
  expect(text(states.map((row) => `${String(row['address'])} ${String(row['state'])}`)), 'the states equal the oracle').toEqual(
    text(wanted.states),
  );

  const compacted: string[] = [];
  for (const [, { value }] of await log.readCompacted('suppressions')) {
    if (value === null) continue;
    const { recipient, suppressions } = JSON.parse(Buffer.from(value).toString()) as { recipient: string; suppressions: readonly Held[] };
    for (const held of suppressions) compacted.push(line(recipient, held));
  }
  expect(text(compacted), 'the compacted topic equals the table').toEqual(text(rows));

  const changes = await publishedOnce(log);
  expectDense(changes);
  expect(text(replayed(changes)), 'a subscriber who applies the changes holds the table').toEqual(text(rows));

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
  return { recipients: wanted.recipients, suppressions: rows.length, changes: changes.length, deadLetters: junk.length };
}

function expectedList(
  planted: readonly Planted[],
  clocks: ReadonlyMap<number, number>,
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
    const truth = oracle({ events, clock, policy: POLICIES, verdictOf });
    if (truth.state !== 'healthy') states.push(`${address} ${truth.state}`);
    for (const { scope, reason, since, expiresAt } of truth.suppressions) {
      const expires = expiresAt === null ? null : new Date(expiresAt).toISOString();
      lines.push(line(address, { scope, reason, since: new Date(since).toISOString(), expiresAt: expires }));
    }
  }
  return { lines, states, recipients: byRecipient.size };
}

function verdictOf(event: LogEvent): Verdict | null {
  if (!('smtp' in event) || event.smtp === undefined) return event.type === 'expired' ? null : NO_REPLY;
  return classify({ text: event.smtp.text ?? '', ...(event.smtp.code === undefined ? {} : { code: event.smtp.code }) });
}

const line = (address: string, { scope, reason, since, expiresAt }: Held): string =>
  `${address} ${scope} ${reason} ${since} ${String(expiresAt)}`;

/** After dropping what a reader drops: a number not above the last of its partition. A repeat must be the same change. */
async function publishedOnce(log: Installation['log']): Promise<readonly Published[]> {
  const byPlace = new Map<string, string>();
  const changes: Published[] = [];
  for await (const { value } of log.readTopic('suppressionEvents')) {
    const json = Buffer.from(value ?? []).toString();
    const change = JSON.parse(json) as Published;
    const place = `${change.sequence.partition}/${change.sequence.number}`;
    const known = byPlace.get(place);
    if (known !== undefined) expect(json, 'a repeat is the same change').toBe(known);
    else {
      byPlace.set(place, json);
      changes.push(change);
    }
  }
  return changes;
}

/** Numbers of each partition from 1 without a gap, versions of each recipient likewise. */
function expectDense(changes: readonly Published[]): void {
  const numbers = new Map<number, number[]>();
  const versions = new Map<string, number[]>();
  for (const { sequence, recipient, recipientVersion } of changes) {
    numbers.set(sequence.partition, [...(numbers.get(sequence.partition) ?? []), sequence.number]);
    versions.set(recipient, [...(versions.get(recipient) ?? []), recipientVersion]);
  }
  for (const [, own] of numbers) expect(own.sort((a, b) => a - b)).toEqual(own.map((_, index) => index + 1));
  for (const [, own] of versions) expect(own).toEqual(own.map((_, index) => index + 1));
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
