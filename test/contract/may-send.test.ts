/**
 * May one send? `POST /v1/check` (the reader and `decide`), a replica of the topic, and `desist.may_send` say the same of random lists and
 * addresses; and the function reads by indexes.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTable } from '@desist/client';
import { encodeSuppressions } from '@desist/contracts';
import { asAddress, asTenant } from '@desist/domain';
import type { Address } from '@desist/domain';
import { normaliseRecipient } from '@desist/formats/event';
import { decide } from '@desist/pipeline';
import type { AllowanceRow, RecipientStore, StateReader, SuppressionRow } from '@desist/pipeline';
import { createReader, createStore, hashKeyOf, keyedHash } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';
import { planFrom, row, suppression } from './store-suite.ts';

const RUNS = Number(process.env['MAY_SEND_RUNS'] ?? 60);
const HOUR = 3_600_000;

interface Said {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
}

/** As `POST /v1/check` reads a recipient (`readRecipient` of the HTTP interface). */
function asHttp(given: string): Address | undefined {
  const read = given.length > 320 ? undefined : normaliseRecipient(given);
  return read?.ok === true ? read.address : undefined;
}

/** As the function reads them; null: it takes them for none. */
async function asSql(db: Database, given: readonly string[]): Promise<readonly unknown[]> {
  const rows = await db.query(
    'select desist.normalised_address(g) as read from unnest($1::text[]) with ordinality as a (g, n) order by n',
    [given],
  );
  return rows.map(({ read }) => read);
}

async function maySend(db: Database, tenant: string, address: string, stream: string): Promise<Said> {
  const [said] = await db.query('select allowed, reasons from desist.may_send($1, $2, $3)', [tenant, address, stream]);
  return said as unknown as Said;
}

// ------------------------------------------------------------------------------------------------ random lists

const label = fc.constantFrom('a', 'b', 'mail', 'com', 'xn--bcher-kva');
const domain = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const local = fc.constantFrom('u', 'v', "o'x", 'ü', 'w/');
const address = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(local, domain).map(([name, at]) => `${name}@${at}`) },
  { weight: 2, arbitrary: domain.map((name) => `@${name}`) },
  // Empty labels in it: no entry has such a domain, and those above are looked at all the same.
  { weight: 1, arbitrary: domain.map((name) => `u@a..${name}`) },
  // As people write it, and what is none.
  { weight: 1, arbitrary: domain.map((name) => `U@${name.toUpperCase()}.`) },
  // The same in letters, as in the list in ASCII.
  {
    weight: 2,
    arbitrary: fc
      .tuple(local, fc.constantFrom('bücher', 'BÜCHER', 'bu\u0308cher'), fc.constantFrom('.com', '。Com.', '.a.b'))
      .map((all) => `${all[0]}@${all[1]}${all[2]}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('nobody', '', 'a@', '@', 'a@b@.c', 'u@.com') },
);
const scope = fc.constantFrom('*', 'news', 'bills');
const hours = fc.option(fc.constantFrom(-1, 1, 2), { nil: null });
const reasons = ['persistent_deferral', 'hard_bounce', 'complaint', 'unsubscribe', 'operator'] as const;

interface Entry {
  readonly who: string;
  readonly suppressions: readonly (Pick<SuppressionRow, 'scope' | 'reason' | 'subdomains'> & { readonly hours: number | null })[];
  readonly allowed: readonly { readonly scope: string; readonly hours: number | null }[];
}

const byKey = (one: { readonly scope: string; readonly reason?: string }): string => `${one.scope} ${one.reason ?? ''}`;
const ofAddress = fc.record({
  who: fc.tuple(local, domain).map(([name, at]) => `${name}@${at}`),
  suppressions: fc.uniqueArray(fc.record({ scope, hours, reason: fc.constantFrom(...reasons), subdomains: fc.constant(false) }), {
    selector: byKey,
    maxLength: 3,
  }),
  allowed: fc.uniqueArray(fc.record({ scope, hours }), { selector: byKey, maxLength: 2 }),
});
const ofDomain = fc.record({
  who: domain.map((name) => `@${name}`),
  suppressions: fc.uniqueArray(fc.record({ scope, hours, reason: fc.constant('operator' as const), subdomains: fc.boolean() }), {
    selector: byKey,
    minLength: 1,
    maxLength: 2,
  }),
  allowed: fc.constant([]),
});
const list: fc.Arbitrary<readonly Entry[]> = fc.uniqueArray(fc.oneof(ofAddress, ofDomain), { selector: ({ who }) => who, maxLength: 12 });

describe.each([
  ['a Postgres server', migratedServer],
  ['PGlite', migratedEmbedded],
] as const)('on %s', (kind, open) => {
  let db: Database;
  let close: () => Promise<void>;
  let store: RecipientStore;
  let reader: StateReader;
  beforeAll(async () => {
    ({ db, close } = await open());
    const hashOf = keyedHash(await hashKeyOf(db, undefined));
    store = createStore(db, { hashOf });
    reader = createReader(db, { hashOf });
  });
  afterAll(async () => close());

  test('check, a replica and the function say the same', async () => {
    let turn = 0;
    await fc.assert(
      fc.asyncProperty(list, fc.array(address, { minLength: 1, maxLength: 12 }), scope, async (entries, asked, stream) => {
        turn += 1;
        const tenant = asTenant(`t${turn}`);
        const now = Date.now();
        const until = (h: number | null): number | null => (h === null ? null : now + h * HOUR);
        const table = createTable();
        const recipients = entries.map(({ who, suppressions, allowed }) => {
          const active = {
            suppressions: suppressions.map((one): SuppressionRow => ({ ...suppression, ...one, since: now, expiresAt: until(one.hours) })),
            allowed: allowed.map((one): AllowanceRow => ({ scope: one.scope, expiresAt: until(one.hours) })),
          };
          const value = encodeSuppressions({ tenant, address: asAddress(who), version: 1, ...active });
          if (value !== null) expect(table.apply(`${tenant}/${who}`, Buffer.from(value))).toBe(true);
          return row(who, { tenant, active });
        });
        await store.commit(planFrom(await store.claim(0, 'me'), { recipients }));
        for (const given of asked) {
          const said = await maySend(db, tenant, given, stream);
          expect({ given, ...table.check(given, { tenant, stream, now }) }).toMatchObject({ given, ...sorted(said) });
          const read = asHttp(given);
          expect({ given, invalid: said.reasons[0] === 'invalid_address' }).toEqual({ given, invalid: read === undefined });
          if (read === undefined) continue;
          const { checked } = await reader.check(tenant, [read]);
          expect({ given, ...decide(checked[0]!, stream, now) }).toMatchObject({ given, ...said });
        }
      }),
      { numRuns: kind === 'PGlite' ? Math.ceil(RUNS / 4) : RUNS },
    );
  });

  /** A replica keeps the order of the topic's value, which is that of its writer. */
  function sorted(said: Said): Said {
    return { allowed: said.allowed, reasons: expect.toSatisfy((others: string[]) => equalSets(others, said.reasons)) as readonly string[] };
  }

  test('says of an erased recipient what still blocks it', async () => {
    const tenant = asTenant('erased');
    const who = { tenant, address: asAddress('gone@example.com') };
    const blocks = [
      { scope: 'news', reason: 'complaint' as const, since: 1, expiresAt: null },
      { scope: '*', reason: 'hard_bounce' as const, since: 1, expiresAt: Date.now() - 1 },
    ];
    const erased = [{ ...who, version: 3, at: 5, blocks, whole: true, offset: 0, sequence: 0 }];
    await store.commit(planFrom(await store.claim(0, 'me'), { erased }));
    expect(await maySend(db, tenant, 'Gone@Example.com', 'news')).toEqual({ allowed: false, reasons: ['complaint'] });
    expect(await maySend(db, tenant, 'gone@example.com', 'bills')).toEqual({ allowed: true, reasons: [] });
    expect(await maySend(db, tenant, 'here@example.com', 'news')).toEqual({ allowed: true, reasons: [] });
  });

  test('without the key of the hashes it answers nothing, and with it as a setting of the session it answers', async () => {
    const [kept] = await db.query('select key from desist.hash_key');
    await db.query('update desist.hash_key set key = null');
    try {
      await expect(maySend(db, 'erased', 'gone@example.com', 'news')).rejects.toThrow(/key of their hashes/);
      expect(await maySend(db, 'another', 'gone@example.com', 'news')).toEqual({ allowed: true, reasons: [] });
      await db.transaction(async (tx) => {
        await tx.query("select set_config('desist.hash_key', $1, true)", [kept?.['key']]);
        expect((await tx.query("select allowed from desist.may_send('erased', 'gone@example.com', 'news')"))[0]).toEqual({
          allowed: false,
        });
      });
    } finally {
      await db.query('update desist.hash_key set key = $1', [kept?.['key']]);
    }
  });

  describe('reads an address as HTTP does, or takes it for none', () => {
    /** Of these, every letter is read. */
    const READ =
      /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Armenian}\p{Script=Georgian}]$/u;

    test.each([
      ['the domain', (letter: string) => `u@x${letter}y.example`, 0.6],
      ['the local part', (letter: string) => `x${letter}y@example.com`, 0.999],
    ])('with any letter in %s', async (_, around, share) => {
      const letters = Array.from({ length: 0x11_0000 - 0x80 }, (_, n) => n + 0x80)
        // Of the long rows of one kind (Chinese and Korean letters, pictures, ancient scripts) some.
        .filter((code) => code < 0x3400 || code % 61 === 0)
        .map((code) => String.fromCodePoint(code))
        .filter((one) => /[^\p{Cs}\p{Co}\p{Cn}]/u.test(one));
      const wrong: unknown[] = [];
      let known = 0;
      let read = 0;
      for (let from = 0; from < letters.length; from += 20_000) {
        const given = letters.slice(from, from + 20_000).map(around);
        for (const [n, sql] of (await asSql(db, given)).entries()) {
          const http = asHttp(given[n]!) ?? null;
          if (sql !== null && sql !== http) wrong.push([given[n], sql, http]);
          if (http === null || !(letters[from + n]! < '\u{d800}' && READ.test(letters[from + n]!))) continue;
          known += 1;
          if (sql !== null) read += 1;
        }
      }
      expect(wrong).toEqual([]);
      expect(known).toBeGreaterThan(2_500);
      expect(read / known).toBeGreaterThanOrEqual(share);
    });

    test('with letters in any order', async () => {
      const letters = [
        ...['a', 'Z', '0', '9', '.', '-', '--', '_', '+', ' ', '<', '"', 'xn--', 'xn--bcher-kva', '0x', '%', '/', '@'],
        ...[
          'ü',
          'Ü',
          'u\u0308',
          '\u0308',
          'ß',
          'ẞ',
          'ς',
          'Σ',
          'İ',
          'ı',
          'ſ',
          'Å',
          '\u212b',
          'א',
          'ب',
          '日',
          '本',
          'か\u3099',
          '한',
          'é',
          'É',
          'Я',
          'ǅ',
        ],
        ...['。', '．', '｡', '１', '％', '＠', '℡', '\u00ad', '\u200d', '☕', '😀', '\u00a0', '\ud7b0', '𐐀'],
      ];
      const word = fc.array(fc.constantFrom(...letters), { maxLength: 5 }).map((parts) => parts.join(''));
      const any = fc.oneof(
        fc.tuple(word, word).map((parts) => parts.join('@')),
        fc.tuple(word, fc.string({ unit: 'binary', maxLength: 6 })).map((parts) => parts.join('@')),
      );
      const given = fc.array(any, { minLength: 200, maxLength: 200 });
      await fc.assert(
        fc.asyncProperty(given, async (all) => {
          const sent = all.filter((one) => !one.includes('\0') && one.isWellFormed());
          const read = await asSql(db, sent);
          const differ = sent.flatMap((one, n) => (read[n] === null || read[n] === asHttp(one) ? [] : [[one, read[n], asHttp(one)]]));
          expect(differ).toEqual([]);
        }),
        { numRuns: kind === 'PGlite' ? 10 : 40 },
      );
    });

    test.each([
      ['u@bücher.example', 'u@xn--bcher-kva.example'],
      ['U@BÜCHER.Example.', 'u@xn--bcher-kva.example'],
      ['u@bu\u0308cher.example', 'u@xn--bcher-kva.example'],
      ['u@XN--BCHER-KVA.example', 'u@xn--bcher-kva.example'],
      ['u@faß.de', 'u@xn--fa-hia.de'],
      ['u@ΒΌΛΟΣ.com', 'u@xn--nxasmq6b.com'],
      ['u@βόλος.com', 'u@xn--nxasmm1c.com'],
      ['u@почта.рф', 'u@xn--80a1acny.xn--p1ai'],
      ['u@日本語。jp', 'u@xn--wgv71a119e.jp'],
      ['u@한국.kr', 'u@xn--3e0b707e.kr'],
      ['u@ü.a..com', 'u@xn--tda.a..com'],
      ['@Bücher.example', '@xn--bcher-kva.example'],
      ['JÜRGEN@example.com', 'jürgen@example.com'],
      ['ju\u0308rgen@example.com', 'jürgen@example.com'],
      ['İ@example.com', 'i\u0307@example.com'],
      [`${'a'.repeat(64)}@${'b.'.repeat(126)}com`, `${'a'.repeat(64)}@${'b.'.repeat(126)}com`],
    ])('%s', async (given, wanted) => {
      expect(asHttp(given)).toBe(wanted);
      expect(await asSql(db, [given])).toEqual([wanted]);
    });

    test.each([
      `${'a'.repeat(65)}@b.c`,
      `${'ü'.repeat(33)}@b.c`,
      `u@${'b.'.repeat(127)}com`,
      'a b@c.d',
      'a"@c.d',
      'a<@c.d',
      'u@..ü',
      'u@ü.1',
      'u@ü/x',
      'u@ü:25',
      'u@',
    ])('no address: %s', async (given) => {
      expect(asHttp(given)).toBeUndefined();
      expect(await asSql(db, [given])).toEqual([null]);
    });

    test('and not: what it does not convert is never allowed', async () => {
      for (const given of ['u@עברית.com', 'u@ไทย.example', 'u@ü.xn--tda', 'u@☕.example', 'ΣΑΣ@example.com', 'u@a!b.example']) {
        expect(asHttp(given)).toBeDefined();
        expect(await maySend(db, 'acme', given, 'news')).toEqual({ allowed: false, reasons: ['invalid_address'] });
      }
    });
  });

  test('takes the default tenant and the default stream, and says what is no address', async () => {
    const [said] = await db.query("select allowed, reasons from desist.may_send(null, 'a@example.com')");
    expect(said).toEqual({ allowed: true, reasons: [] });
    for (const given of [null, 'a', 'a@', 'a@b c', `${'a'.repeat(400)}@b.c`]) {
      const [refused] = await db.query('select allowed, reasons from desist.may_send($1, $2)', ['acme', given]);
      expect(refused).toEqual({ allowed: false, reasons: ['invalid_address'] });
    }
  });
});

function equalSets(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());
}

describe('the function on a Postgres server with many rows', () => {
  let db: Database;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ db, close } = await migratedServer());
    await db.query(
      `insert into desist.recipient (tenant, address, partition, version, tracked, state, policy, failures, messages, evidence, updated_at)
       select 'acme', case when n % 100 = 0 then '@blocked' || n || '.example' else 'u' || n || '@example' || n % 50 || '.com' end,
         0, 1, true, 'suppressed', 'p', 0, 0, '{}', 0 from generate_series(1, 50000) as n`,
    );
    await db.query(
      `insert into desist.suppression (recipient_id, scope, reason, since, failures, policy, updated_at, subdomains)
       select id, '*', 'operator', 0, 1, 'p', 0, address like '@%' from desist.recipient`,
    );
    await db.script('analyze desist.recipient; analyze desist.suppression');
  });
  afterAll(async () => close());

  test('reads by indexes: few pages, however many rows there are', async () => {
    const deep = `u@${'x.'.repeat(100)}blocked700.example`;
    expect(await maySend(db, 'acme', deep, 'news')).toEqual({ allowed: false, reasons: ['operator @blocked700.example'] });
    // The plans of what stands in the function, as they are made there: generic, without its values.
    await db.transaction(async (tx) => {
      await tx.query("set local plan_cache_mode = 'force_generic_plan'");
      const counted = async (): Promise<readonly number[]> => {
        const read = await tx.query(
          "select pg_stat_get_xact_numscans(o) as whole, pg_stat_get_xact_tuples_returned(o) as rows from unnest('{desist.recipient,desist.suppression}'::regclass[]) as o",
        );
        return read.flatMap(({ whole, rows }) => [Number(whole), Number(rows)]);
      };
      // They also count what this connection did before and has not reported yet.
      const before = await counted();
      await tx.query('select * from desist.may_send($1, $2, $3)', ['acme', deep, 'news']);
      const after = await counted();
      expect(after).toEqual(before);
    });
    const [explained] = await db.query("explain (analyze, buffers, format json) select * from desist.may_send('acme', $1, 'news')", [deep]);
    const [{ Plan }] = explained?.['QUERY PLAN'] as readonly [{ readonly Plan: { readonly 'Shared Hit Blocks': number } }];
    // A hundred domains above it, each looked up in an index of three levels.
    expect(Plan['Shared Hit Blocks']).toBeLessThan(1_000);
  });

  test('is for readers, and for nobody else', async () => {
    const ask = "select allowed, reasons from desist.may_send('acme', 'u@blocked100.example', 'news')";
    await db.transaction(async (tx) => {
      await tx.query('set local role desist_reader');
      expect((await tx.query(ask))[0]).toEqual({ allowed: false, reasons: ['operator @blocked100.example'] });
    });
    await expect(
      db.transaction(async (tx) => {
        await tx.query('create role desist_test_nobody nologin');
        await tx.query('grant usage on schema desist to desist_test_nobody');
        await tx.query('set local role desist_test_nobody');
        await tx.query(ask);
      }),
    ).rejects.toThrow(/permission denied for function may_send/);
  });
});
