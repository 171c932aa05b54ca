import { expect, test } from 'vitest';
import { createSlots } from './slots.ts';

test('never more at a time than there are slots, whenever somebody comes', async () => {
  for (let steps = 0; steps < 12; steps += 1) {
    const slots = createSlots(1);
    const order: string[] = [];
    let running = 0;
    let most = 0;
    const run = async (name: string, until: Promise<unknown> = Promise.resolve()): Promise<void> =>
      slots(async () => {
        running += 1;
        most = Math.max(most, running);
        order.push(name);
        await until;
        for (let n = 0; n < 20; n += 1) await Promise.resolve();
        running -= 1;
      });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const all = [run('first', promise), run('waiting')];
    resolve(undefined);
    // Somebody comes about when the first one ends.
    for (let n = 0; n < 15 + steps; n += 1) await Promise.resolve();
    await Promise.all([...all, run('late')]);
    expect([most, order]).toEqual([1, ['first', 'waiting', 'late']]);
  }
});

test('one that fails gives its slot back', async () => {
  const slots = createSlots(1);
  const failing = slots(async () => Promise.reject(new Error('no')));
  const next = slots(async () => 'taken');
  await expect(failing).rejects.toThrow('no');
  expect([await next, await slots(async () => 'again')]).toEqual(['taken', 'again']);
});
