import { expect, test } from 'vitest';

import { topicConfigs } from './topics.ts';

test('each topic is made for what it holds', () => {
  const configs = topicConfigs({ partitions: 6 }, 3);
  expect(configs.deliveryEvents).toMatchObject({ 'message.timestamp.type': 'LogAppendTime', 'cleanup.policy': 'delete' });
  expect(configs.suppressionEvents['cleanup.policy']).toBe('delete');
  expect(configs.suppressions).toMatchObject({ 'cleanup.policy': 'compact', 'delete.retention.ms': '604800000' });
  expect(Number(configs.deadLetters['max.message.bytes'])).toBeGreaterThan(1024 * 1024);
  for (const config of Object.values(configs)) expect(config['min.insync.replicas']).toBe('2');
  expect(topicConfigs({ partitions: 6 }, 1).suppressions['min.insync.replicas']).toBe('1');
});
