import { expect, it } from 'vitest';
import { createSharedExclusiveLock } from './shared-exclusive-lock.ts';

const turns = async (): Promise<void> => {
  for (let n = 0; n < 10; n += 1) await Promise.resolve();
};

/** Work that says when it begins, and ends when it is told to. */
function work(said: string[], name: string): { readonly run: () => Promise<string>; end(): void; fail(): void } {
  let resolve: (name: string) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const ended = new Promise<string>((...both) => ([resolve, reject] = both));
  return {
    run: async () => {
      said.push(name);
      return ended;
    },
    end: () => {
      resolve(name);
    },
    fail: () => {
      reject(new Error(name));
    },
  };
}

it('lets shared holders work side by side; an exclusive one waits for them, and later ones wait for it', async () => {
  const room = createSharedExclusiveLock();
  const said: string[] = [];
  const [a, b, alone, later] = [work(said, 'a'), work(said, 'b'), work(said, 'alone'), work(said, 'later')];
  void room.shared(a.run);
  const failing = room.shared(b.run);
  const single = room.exclusive(alone.run);
  void room.shared(later.run);
  await turns();
  expect(said).toEqual(['a', 'b']);
  a.end();
  await turns();
  expect(said).toEqual(['a', 'b']);
  b.fail();
  await expect(failing).rejects.toThrow('b');
  await turns();
  expect(said).toEqual(['a', 'b', 'alone']);
  alone.end();
  expect(await single).toBe('alone');
  await turns();
  expect(said).toEqual(['a', 'b', 'alone', 'later']);
});

it('waits for work that a holder began and left running, even if that fails', async () => {
  const room = createSharedExclusiveLock();
  const said: string[] = [];
  const [left, alone] = [work(said, 'left'), work(said, 'alone')];
  await room.shared(async () => {
    room.track(left.run());
  });
  void room.exclusive(alone.run);
  await turns();
  expect(said).toEqual(['left']);
  left.fail();
  await turns();
  expect(said).toEqual(['left', 'alone']);
});

it('admits exclusive holders one after the other, even if an earlier one fails', async () => {
  const room = createSharedExclusiveLock();
  const said: string[] = [];
  const [first, second] = [work(said, 'first'), work(said, 'second')];
  const failing = room.exclusive(first.run);
  void room.exclusive(second.run);
  await turns();
  expect(said).toEqual(['first']);
  first.fail();
  await expect(failing).rejects.toThrow('first');
  await turns();
  expect(said).toEqual(['first', 'second']);
});
