/** Positions of provider topics and the memory of messages, on both databases. */
import { createFeedPositions, createMessageMemory } from '@desist/store-postgres';
import type { Database } from '@desist/store-postgres';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { asTenant, asAddress } from '@desist/domain';
import { migratedEmbedded, migratedServer } from '../support/servers/template.ts';

const ACME = asTenant('acme');

function contract(name: string, open: () => Promise<{ db: Database; close: () => Promise<void> }>): void {
  describe(name, () => {
    let db: Database;
    let close: () => Promise<void>;
    beforeAll(async () => {
      ({ db, close } = await open());
    });
    afterAll(async () => {
      await close();
    });

    test('positions: claim, move, state, fence', async () => {
      const positions = createFeedPositions(db);
      expect(await positions.position('kumo/log', 3)).toBeNull();
      expect(await positions.claim('kumo/log', 3, 'a')).toEqual({ epoch: 1, nextOffset: null, state: null });
      const move = (epoch: number, fromOffset: number | null, nextOffset: number, state: unknown = null) =>
        positions.advance('kumo/log', 3, { epoch, fromOffset, nextOffset, state });
      expect(await move(1, 0, 10)).toBe('fenced');
      expect(await move(1, null, 10, { waiting: ['ü', '\u0000'] })).toBe('committed');
      expect(await move(1, null, 10)).toBe('fenced');
      expect(await positions.claim('kumo/log', 3, 'b')).toEqual({ epoch: 2, nextOffset: 10, state: { waiting: ['ü', '\u0000'] } });
      expect(await move(1, 10, 20)).toBe('fenced');
      expect(await move(2, 10, 2 ** 45)).toBe('committed');
      expect(await positions.position('kumo/log', 3)).toEqual({ epoch: 2, nextOffset: 2 ** 45 });
      // Another feed and another partition are others.
      expect(await positions.claim('kumo/log', 4, 'a')).toMatchObject({ epoch: 1, nextOffset: null });
      expect(await positions.claim('other/log', 3, 'a')).toMatchObject({ epoch: 1, nextOffset: null });
    });

    test('messages: the recipient is recalled; none if there were several, and none after the retention', async () => {
      let now = 1_000_000;
      const memory = createMessageMemory(db, { now: () => now, keptFor: 10_000 });
      const message = (key: string, recipient: string, tenant = 'acme') => ({
        tenant: asTenant(tenant),
        key,
        recipient: asAddress(recipient),
        messageId: `id-${key}`,
      });
      await memory.remember([message('one', 'alice@example.com'), message('two', 'alice@example.com'), message('two', 'bob@example.com')]);
      await memory.remember([message('one', 'alice@example.com'), message('three', 'carol@example.com')]);
      const alice = { recipient: 'alice@example.com', messageId: 'id-one' };
      expect(await memory.recall(ACME, ['one', 'two', 'three', 'four'])).toEqual([
        alice,
        undefined,
        { recipient: 'carol@example.com', messageId: 'id-three' },
        undefined,
      ]);
      expect(await memory.recall(asTenant('other'), ['one'])).toEqual([undefined]);
      await memory.remember([message('three', 'dave@example.com')]);
      expect(await memory.recall(ACME, ['three', 'one'])).toEqual([undefined, alice]);
      now += 10_001;
      expect(await memory.recall(ACME, ['one'])).toEqual([undefined]);
      await memory.remember([message('five', 'eve@example.com')]);
      expect(await db.query('select count(*)::int as n from desist.message_memory')).toEqual([{ n: 1 }]);
      await memory.remember(Array.from({ length: 2_500 }, (_, index) => message(`many-${index}`, `r${index}@example.com`)));
      expect((await memory.recall(ACME, ['many-2499']))[0]).toMatchObject({ recipient: 'r2499@example.com' });
    });

    test('no address and no message id can be read in the table', async () => {
      const memory = createMessageMemory(db, { now: () => 1_000_000 });
      await memory.remember([{ tenant: ACME, key: 'secret-key', recipient: asAddress('secret@example.com'), messageId: 'secret-id' }]);
      const rows = JSON.stringify(await db.query('select * from desist.message_memory'));
      expect(rows).not.toContain('secret');
      expect(rows).not.toContain(Buffer.from('secret').toString('base64').slice(0, 7));
    });
  });
}

contract('embedded', migratedEmbedded);

describe.skipIf(inject('databaseUrl') === undefined)('on a server', () => {
  contract('Postgres', migratedServer);
});
