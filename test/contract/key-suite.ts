/** What every store of API keys must do. */
import { InvalidCursorError, MOST_SECRETS } from '@desist/pipeline';
import type { KeyRotation, KeyStore, NewKey, StoredKey } from '@desist/pipeline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anEntry } from './trail-suite.ts';

const AT = Date.parse('2026-03-01T10:00:00.000Z');
const HOUR = 3_600_000;

/** The store, with an entry for each change: what becomes of entries is tested with the audit trail. */
interface Changes extends Omit<KeyStore, 'makeKey' | 'rotateKey' | 'endKey'> {
  makeKey(key: NewKey): ReturnType<KeyStore['makeKey']>;
  rotateKey(id: string, rotation: KeyRotation): ReturnType<KeyStore['rotateKey']>;
  endKey(id: string, at: number, keepsOne: boolean): ReturnType<KeyStore['endKey']>;
}

function withEntries(store: KeyStore): Changes {
  return {
    ...store,
    makeKey: (key) => store.makeKey(key, anEntry()),
    rotateKey: (id, rotation) => store.rotateKey(id, rotation, anEntry()),
    endKey: (id, at, keepsOne) => store.endKey(id, at, keepsOne, anEntry()),
  };
}

export interface KeysUnderTest {
  readonly keys: KeyStore;
  close(): Promise<void>;
}

export function keyContract(name: string, make: () => Promise<KeysUnderTest>): void {
  describe(`keys: ${name}`, () => {
    let under: KeysUnderTest;
    let keys: Changes;
    beforeEach(async () => {
      under = await make();
      keys = withEntries(under.keys);
    });
    afterEach(async () => under.close());

    const hashOf = (text: string): string => Buffer.from(text).toString('hex').padStart(64, '0').slice(-64);
    const newKey = (id: string, more: Partial<NewKey> = {}): NewKey => ({
      ...{ id, name: id, roles: ['reader', 'ingester'], tenants: ['acme', 'beta'], createdAt: AT, createdBy: 'é "eve" (key desk)' },
      ...{ expiresAt: null, hash: hashOf(id) },
      ...more,
    });
    const stored = ({ hash: _, ...key }: NewKey, more: Partial<StoredKey> = {}): StoredKey => ({
      ...{ rotatedAt: null, endedAt: null, lastUsedAt: null },
      ...key,
      ...more,
    });
    const administrator = (id: string, more: Partial<NewKey> = {}): NewKey => newKey(id, { roles: ['operator'], tenants: null, ...more });
    const secretsOf = async (id: string) => {
      const found = (await keys.usableKeys()).keys.find((key) => key.id === id);
      return found?.secrets
        .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
        .map(({ hash, until }) => [Buffer.from(hash, 'hex').toString().replaceAll('\0', ''), until]);
    };

    test('nobody has a key at first, and the number says so', async () => {
      expect(await keys.keyRevision()).toBe(0);
      expect(await keys.usableKeys()).toEqual({ revision: 0, keys: [] });
      expect(await keys.keys({ limit: 5 })).toEqual({ items: [], cursor: null });
      expect(await keys.key('nobody')).toBeNull();
    });

    test('a key that is made is known by its hash, and each change raises the number', async () => {
      const one = newKey('one', { expiresAt: AT + HOUR });
      const all = administrator('all', { createdAt: AT + 1, createdBy: null });
      expect(await keys.makeKey(one)).toBe('made');
      const first = await keys.keyRevision();
      expect(first).toBeGreaterThan(0);
      expect(await keys.makeKey(all)).toBe('made');
      const { revision, keys: known } = await keys.usableKeys();
      expect(revision).toBe(await keys.keyRevision());
      expect(revision).toBeGreaterThan(first);
      expect(known).toEqual([
        { ...stored(one), secrets: [{ hash: one.hash, until: null }] },
        { ...stored(all), secrets: [{ hash: all.hash, until: null }] },
      ]);
      expect(await keys.key('one')).toEqual(stored(one));
    });

    test('a name is one key of the same tenants, until it ends', async () => {
      const named = (id: string, more: Partial<NewKey> = {}) => keys.makeKey(newKey(id, { name: 'mailer', ...more }));
      expect(await named('a')).toBe('made');
      const before = await keys.keyRevision();
      expect(await named('b')).toBe('name_taken');
      expect(await keys.keyRevision()).toBe(before);
      expect([await named('c', { tenants: ['acme'] }), await named('d', { tenants: null })]).toEqual(['made', 'made']);
      expect(await keys.endKey('a', AT, false)).toMatchObject({ id: 'a', endedAt: AT });
      expect(await named('b')).toBe('made');
    });

    test('after a rotation both secrets are valid for some time, and of several none lives longer than it was to', async () => {
      await keys.makeKey(newKey('k', { hash: hashOf('s0') }));
      expect(await keys.rotateKey('k', { hash: hashOf('s1'), at: AT, until: AT + 5 * HOUR })).toMatchObject({ id: 'k', rotatedAt: AT });
      expect(await secretsOf('k')).toEqual([
        ['s0', AT + 5 * HOUR],
        ['s1', null],
      ]);
      await keys.rotateKey('k', { hash: hashOf('s2'), at: AT + HOUR, until: AT + 9 * HOUR });
      expect(await secretsOf('k')).toEqual([
        ['s0', AT + 5 * HOUR],
        ['s1', AT + 9 * HOUR],
        ['s2', null],
      ]);
      // What has ended is gone, and a rotation without overlap ends all others.
      await keys.rotateKey('k', { hash: hashOf('s3'), at: AT + 6 * HOUR, until: AT + 7 * HOUR });
      expect(await secretsOf('k')).toEqual([
        ['s1', AT + 7 * HOUR],
        ['s2', AT + 7 * HOUR],
        ['s3', null],
      ]);
      await keys.rotateKey('k', { hash: hashOf('s4'), at: AT + 6 * HOUR, until: AT + 6 * HOUR });
      expect(await secretsOf('k')).toEqual([['s4', null]]);
      expect(await keys.rotateKey('nobody', { hash: hashOf('x'), at: AT, until: AT })).toBeNull();
    });

    test('a key has so many secrets at most, and a refused rotation changes nothing', async () => {
      await keys.makeKey(newKey('k', { hash: hashOf('s0') }));
      const rotate = (n: number, until: number) => keys.rotateKey('k', { hash: hashOf(`s${n}`), at: AT, until });
      for (let n = 1; n < MOST_SECRETS; n += 1) expect(await rotate(n, AT + 9 * HOUR)).toMatchObject({ id: 'k' });
      const [before, revision] = [await secretsOf('k'), await keys.keyRevision()];
      expect(await rotate(99, AT + HOUR)).toBe('too_many');
      expect([await secretsOf('k'), await keys.keyRevision()]).toEqual([before, revision]);
      expect(await rotate(100, AT)).toMatchObject({ id: 'k' });
      expect(await secretsOf('k')).toEqual([['s100', null]]);
    });

    test('a key that was ended is known no more, cannot be ended or rotated again, and is remembered', async () => {
      const key = newKey('k');
      await keys.makeKey(key);
      const before = await keys.keyRevision();
      expect(await keys.endKey('k', AT + 5, true)).toEqual(stored(key, { endedAt: AT + 5 }));
      expect(await keys.keyRevision()).toBeGreaterThan(before);
      expect((await keys.usableKeys()).keys).toEqual([]);
      expect(await keys.key('k')).toEqual(stored(key, { endedAt: AT + 5 }));
      expect(await keys.endKey('k', AT + 9, false)).toBeNull();
      expect(await keys.rotateKey('k', { hash: hashOf('x'), at: AT, until: AT + HOUR })).toBeNull();
      expect(await keys.endKey('nobody', AT, false)).toBeNull();
    });

    test('the last key that may make keys of every tenant stays, if it is asked to; an expired one does not count', async () => {
      await keys.makeKey(administrator('first'));
      await keys.makeKey(administrator('expired', { expiresAt: AT - 1 }));
      await keys.makeKey(newKey('tenant', { roles: ['operator'] }));
      const revision = await keys.keyRevision();
      expect(await keys.endKey('first', AT, true)).toBe('last');
      expect(await keys.keyRevision()).toBe(revision);
      expect(await keys.endKey('expired', AT, true)).toMatchObject({ id: 'expired' });
      expect(await keys.endKey('tenant', AT, true)).toMatchObject({ id: 'tenant' });
      await keys.makeKey(administrator('second'));
      expect(await keys.endKey('first', AT, true)).toMatchObject({ id: 'first' });
      expect(await keys.endKey('second', AT, true)).toBe('last');
      expect(await keys.endKey('second', AT, false)).toMatchObject({ id: 'second' });
    });

    test('pages show each key once, the newest first, and to some tenants only keys of no others', async () => {
      const made = [
        newKey('of both'),
        newKey('of acme', { tenants: ['acme'], createdAt: AT + 1 }),
        newKey('of beta', { tenants: ['beta'], createdAt: AT + 1 }),
        newKey('of other', { tenants: ['other'], createdAt: AT + 2 }),
        administrator('of all', { createdAt: AT + 3 }),
      ];
      for (const key of made) await keys.makeKey(key);
      const namesOf = async (limit: number, tenants?: readonly string[]): Promise<readonly string[]> => {
        const names: string[] = [];
        for (let cursor: string | undefined; ;) {
          const page = await keys.keys({
            limit,
            ...(tenants === undefined ? {} : { tenants }),
            ...(cursor === undefined ? {} : { cursor }),
          });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          names.push(...page.items.map(({ id }) => id));
          if (page.cursor === null) return names;
          cursor = page.cursor;
        }
      };
      for (const limit of [1, 2, 5, 9]) expect(await namesOf(limit)).toEqual(['of all', 'of other', 'of beta', 'of acme', 'of both']);
      expect(await namesOf(1, ['acme'])).toEqual(['of acme']);
      expect(await namesOf(1, ['beta', 'acme'])).toEqual(['of beta', 'of acme', 'of both']);
      expect(await namesOf(9, [])).toEqual([]);
      await expect(keys.keys({ limit: 1, cursor: 'zork' })).rejects.toThrow(InvalidCursorError);
    });

    test('use is noted and never goes back; it is no change of the keys', async () => {
      await keys.makeKey(newKey('k'));
      const before = await keys.keyRevision();
      await keys.noteKeyUse([
        { id: 'k', at: AT + HOUR },
        { id: 'nobody', at: AT },
      ]);
      await keys.noteKeyUse([{ id: 'k', at: AT }]);
      await keys.noteKeyUse([]);
      expect(await keys.key('k')).toMatchObject({ lastUsedAt: AT + HOUR });
      expect(await keys.keyRevision()).toBe(before);
    });
  });
}
