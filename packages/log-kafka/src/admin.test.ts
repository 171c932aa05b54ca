import type { Kafka } from 'kafkajs';
import { expect, it } from 'vitest';
import { createAdmins } from './admin.ts';

/** A cluster whose metadata names these topics, one list per question, the last one for ever. The first questions for offsets are refused. */
function clusterOf(answers: readonly (readonly string[])[], refusals = 0) {
  let asked = 0;
  let offsetsAsked = 0;
  const admin = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    fetchTopicOffsets: async () => {
      offsetsAsked += 1;
      if (offsetsAsked <= refusals) throw new Error('This server is not the leader for that topic-partition');
      return [];
    },
    fetchTopicMetadata: async () => {
      const names = answers[Math.min(asked, answers.length - 1)] ?? [];
      asked += 1;
      return { topics: names.map((name) => ({ name, partitions: [{}, {}] })) };
    },
  };
  return {
    admins: createAdmins({ admin: () => admin } as unknown as Kafka, 'run `desist migrate`'),
    asked: () => asked,
    offsetsAsked: () => offsetsAsked,
  };
}

it('waits until a topic that was just made is known, whoever asks', async () => {
  const { admins, asked } = clusterOf([[], ['other'], ['other', 'suppressions']]);
  void admins.made(['suppressions']);
  expect(await admins.partitions('suppressions')).toBe(2);
  expect(asked()).toBeGreaterThanOrEqual(3);
  const again = clusterOf([['other'], ['other', 'suppressions']]);
  await again.admins.made(['suppressions']);
  expect([...(await again.admins.topics()).keys()]).toEqual(['other', 'suppressions']);
});

it('says at once that any other topic does not exist', async () => {
  const { admins, asked } = clusterOf([['other']]);
  await expect(admins.partitions('suppressions')).rejects.toMatchObject({
    kind: 'misconfigured',
    message: 'the topic suppressions does not exist: run `desist migrate`',
  });
  expect(asked()).toBe(1);
});

it('waits until a topic that was just made is served: a broker knows of a partition before it leads it', async () => {
  const { admins, offsetsAsked } = clusterOf([['suppressions']], 2);
  await admins.made(['suppressions']);
  expect(offsetsAsked()).toBe(3);
});
