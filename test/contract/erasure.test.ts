/** What an erasure finds among the dead letters: exactly its recipient, however it is spelt, on both databases. */
import { createDeadLetterIndex, eraseDue, systemTime } from '@desist/runtime';
import { openJournal } from '@desist/log-postgres';
import type { JournalLog } from '@desist/log-postgres';
import type { OutRecord } from '@desist/pipeline';
import { createStore, keyedHash } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { asAddress, asTenant } from '@desist/domain';
import { describe, expect, test } from 'vitest';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import type { OpenDatabase } from '../support/servers/template.ts';
import { planFrom } from './store-suite.ts';

const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const HASH = keyedHash(Buffer.from('key'));
const BOB = 'bob@xn--bcher-kva.example';
const WHO = { tenant: asTenant('acme'), address: asAddress(BOB) };

const databases = [
  ['PGlite', migratedEmbedded],
  ['a Postgres server', migratedServer],
] as const;

const event = (tenant: string, recipient: string, more: object = {}): string => JSON.stringify({ version: 9, tenant, recipient, ...more });
/** More addresses than are listed: it is searched. */
const crowd = (last: string): string => [...Array.from({ length: 100 }, (_, index) => `user${index}@example.com`), last].join(',');

const HERS: readonly (readonly [string, OutRecord])[] = [
  ['invalid, as normalised', { key: null, value: event('acme', BOB) }],
  ['in Unicode and upper case', { key: null, value: event('acme', 'BOB@Bücher.EXAMPLE') }],
  ['quoted', { key: null, value: event('acme', '"bob"@bücher.example') }],
  ['escaped in JSON', { key: null, value: event('acme', 'x').replace('"x"', String.raw`"bob\u0040b\u00fccher.example"`) }],
  ['by its key only', { key: `acme/${BOB}`, value: Buffer.from([0xff, 0xfe]) }],
  ['an event without a value', { key: `acme/${BOB}`, value: null }],
  [
    "a form of the tenant's source",
    { key: null, value: 'recipient=bob%40b%C3%BCcher.example&x=1', headers: { source: 's', tenant: 'acme' } },
  ],
  ['unreadable, of nobody', { key: null, value: `550 <${BOB}> unknown` }],
  ['among many', { key: null, value: event('acme', 'x', { text: crowd(BOB) }) }],
];
const OTHERS: readonly (readonly [string, OutRecord])[] = [
  ['of another tenant', { key: null, value: event('other', BOB) }],
  ['of another tenant by its key', { key: `other/${BOB}`, value: 'x' }],
  ["of another tenant's source", { key: null, value: `recipient=${BOB}`, headers: { source: 's', tenant: 'other' } }],
  ['of the default tenant', { key: null, value: JSON.stringify({ recipient: BOB }) }],
  ['a longer address', { key: null, value: event('acme', `jaco${BOB}`) }],
  ['a longer domain', { key: null, value: event('acme', `${BOB}.org`) }],
  ['tagged', { key: null, value: event('acme', BOB.replace('@', '+tag@')) }],
  ['among many of another tenant', { key: null, value: event('other', 'x', { text: crowd(BOB) }) }],
];

describe.each(databases)('an erasure among the dead letters, on %s', (_, open) => {
  async function journalOn(key: boolean): Promise<OpenDatabase & { readonly journal: JournalLog }> {
    const { db, close } = await open();
    const deadLetters = createDeadLetterIndex(() => (key ? HASH : undefined));
    const journal = openJournal({ db, owner: 'test', partitions: 1, deadLetters, time: systemTime, logger });
    await journal.ensure();
    return {
      db,
      journal,
      async close() {
        await journal.close();
        await close();
      },
    };
  }

  /** The values that are left, by the names of the cases. */
  async function left(db: Database): Promise<readonly unknown[]> {
    return (await db.query("select record_offset as at from desist.journal where topic = 'deadLetters' order by 1")).map(({ at }) => at);
  }

  test.each([
    ['with the hashes of whom they name', true],
    ['searched, as those from before', false],
  ])('takes every spelling of its own recipient, and nobody else: %s', async (_name, key) => {
    const { db, journal, close } = await journalOn(key);
    await journal.append(
      'deadLetters',
      [...HERS, ...OTHERS].map(([, record]) => record),
    );
    const unindexed = await db.query("select record_offset from desist.journal where topic = 'deadLetters' and recipients is null");
    expect(unindexed).toHaveLength(key ? 2 : HERS.length + OTHERS.length);
    expect(await journal.erase({ ...WHO, partition: 0, offset: 0, sequence: 0 })).toBe(HERS.length);
    expect(await left(db)).toEqual(OTHERS.map((_other, index) => HERS.length + index));
    await close();
  });

  test('reads no other dead letter', async () => {
    const { db, journal, close } = await journalOn(true);
    for (let page = 0; page < 20; page += 1) {
      const letters = Array.from({ length: 500 }, (_letter, index) => ({
        key: null,
        value: event('acme', `u${page}-${index}@example.com`),
      }));
      await journal.append('deadLetters', letters);
    }
    await journal.append('deadLetters', [{ key: null, value: event('acme', BOB) }]);
    await db.query('analyze desist.journal');
    const plan = await db.query(
      "explain (format text) delete from desist.journal where topic = 'deadLetters' and recipients && array['x', 'y']::text[] returning 1",
    );
    const text = plan.map((row) => Object.values(row).join()).join('\n');
    expect(text).toContain('journal_dead_letter_recipients');
    expect(text).not.toContain('Seq Scan');
    expect(await journal.erase({ ...WHO, partition: 0, offset: 0, sequence: 0 })).toBe(1);
    await close();
  });

  test('what the log refused for good does not hold it back, and goes with it', async () => {
    const { db, journal, close } = await journalOn(true);
    const store = createStore(db, { hashOf: HASH });
    const claim = await store.claim(0, 'me');
    const letter = (offset: number, address: string) => ({
      ...{ offset, key: null, value: Buffer.from(event('acme', address)), reason: 'invalid', detail: 'x' },
    });
    const change = (sequence: number, address: string) => ({
      sequence,
      key: `acme/${address}`,
      change: '{"recipientVersion":1}',
      value: null,
    });
    const erased = [{ ...WHO, version: 1, at: 1, blocks: [], whole: true, offset: 2, sequence: 2 }];
    await store.commit(
      planFrom(claim, {
        deadLetters: [letter(0, 'Bob@bücher.example'), letter(1, 'amy@example.com')],
        outbox: [change(1, BOB), change(2, 'amy@example.com')],
        nextSequence: 3,
        nextOffset: 3,
        erased,
      }),
    );
    expect(await eraseDue({ db, journal })).toBe(0);
    for (const deadLetterOffset of [0, 1]) await store.park(claim, { deadLetterOffset }, 'too large');
    for (const sequence of [1, 2]) await store.park(claim, { sequence }, 'too large');
    expect(await eraseDue({ db, journal })).toBe(1);
    expect((await db.query('select record_offset as at from desist.dead_letter')).map(({ at }) => at)).toEqual([1]);
    expect((await db.query('select number as at from desist.outbox')).map(({ at }) => at)).toEqual([2]);
    await close();
  });
});
