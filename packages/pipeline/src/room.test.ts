import { expect, it } from 'vitest';
import { createRoom } from './room.ts';

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

it('lets many work beside each other, and who asks to be alone in when they have ended; later ones wait for him', async () => {
  const room = createRoom();
  const said: string[] = [];
  const [a, b, alone, later] = [work(said, 'a'), work(said, 'b'), work(said, 'alone'), work(said, 'later')];
  void room.among(a.run);
  const failing = room.among(b.run);
  const single = room.alone(alone.run);
  void room.among(later.run);
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

it('waits for what somebody inside has begun and left, also when that fails', async () => {
  const room = createRoom();
  const said: string[] = [];
  const [left, alone] = [work(said, 'left'), work(said, 'alone')];
  await room.among(async () => {
    room.holds(left.run());
  });
  void room.alone(alone.run);
  await turns();
  expect(said).toEqual(['left']);
  left.fail();
  await turns();
  expect(said).toEqual(['left', 'alone']);
});

it('lets those who ask to be alone in one after the other, whatever becomes of the one before', async () => {
  const room = createRoom();
  const said: string[] = [];
  const [first, second] = [work(said, 'first'), work(said, 'second')];
  const failing = room.alone(first.run);
  void room.alone(second.run);
  await turns();
  expect(said).toEqual(['first']);
  first.fail();
  await expect(failing).rejects.toThrow('first');
  await turns();
  expect(said).toEqual(['first', 'second']);
});
