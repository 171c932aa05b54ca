/** What every store of outcomes must do. */
import type { CommandOutcome, OutcomeStore, RecipientStore } from '@desist/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planFrom } from './store-suite.ts';

export interface OutcomesUnderTest {
  readonly store: RecipientStore;
  readonly outcomes: OutcomeStore;
  close(): Promise<void>;
}

export function outcomeContract(name: string, make: () => Promise<OutcomesUnderTest>): void {
  describe(`outcomes: ${name}`, () => {
    let under: OutcomesUnderTest;
    beforeAll(async () => {
      under = await make();
    });
    afterAll(async () => under.close());
    const command = (id: string, tenant = 'acme') => ({ tenant, id });
    const applied = (id: string, changes = 1): CommandOutcome => ({
      ...command(id),
      ...{ outcome: 'applied', reason: null, detail: null, changes },
    });

    test('a commit says what became of the commands that somebody waits for, by tenant and id', async () => {
      const { store, outcomes } = under;
      const claim = await store.claim(1, 'me');
      await outcomes.expectCommands([command('a'), command('b'), command('a'), command('late')]);
      await outcomes.expectCommands([]);
      const all = [command('a'), command('b'), command('late'), command('nobody waits'), command('a', 'other')];
      expect(await outcomes.commandOutcomes(all)).toEqual([]);
      const refused: CommandOutcome = { ...command('b'), outcome: 'dead_letter', reason: 'wrong_key', detail: 'é "why"', changes: 0 };
      expect(await store.commit(planFrom(claim, { outcomes: [applied('a', 2), refused, applied('nobody waits')] }))).toBe('committed');
      const found = await outcomes.commandOutcomes(all);
      expect(found.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([applied('a', 2), refused]);
      expect(await outcomes.commandOutcomes([])).toEqual([]);
    });

    test('a command that is sent again is waited for again', async () => {
      const { store, outcomes } = under;
      const claim = await store.claim(2, 'me');
      await outcomes.expectCommands([command('again')]);
      await store.commit(planFrom(claim, { outcomes: [applied('again')] }));
      await outcomes.expectCommands([command('again')]);
      expect(await outcomes.commandOutcomes([command('again')])).toEqual([]);
      await store.commit(planFrom({ ...claim, nextOffset: 1 }, { outcomes: [applied('again', 0)] }));
      expect(await outcomes.commandOutcomes([command('again')])).toEqual([applied('again', 0)]);
    });

    test('faults of records are counted with the commit, by partition and kind', async () => {
      const { store, outcomes } = under;
      const claim = await store.claim(3, 'me');
      const faults = [
        { kind: 'invalid', count: 2, lastOffset: 4 },
        { kind: 'other_partitioner', count: 7, lastOffset: 9 },
      ];
      await store.commit(planFrom(claim, { faults }));
      expect(await store.commit(planFrom(claim, { faults }))).toBe('fenced');
      await store.commit(planFrom({ ...claim, nextOffset: 1 }, { faults: [{ kind: 'invalid', count: 1, lastOffset: 12 }] }));
      expect((await outcomes.recordFaults()).filter(({ partition }) => partition === 3)).toEqual([
        { partition: 3, kind: 'invalid', count: 3, lastOffset: 12, lastAt: expect.any(Number) as number },
        { partition: 3, kind: 'other_partitioner', count: 7, lastOffset: 9, lastAt: expect.any(Number) as number },
      ]);
    });
  });
}
