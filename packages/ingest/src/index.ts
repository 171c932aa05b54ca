export { createCertificates } from './checks/sns.ts';
export * from './configure.ts';
export { fetchSmall } from './fetch.ts';
export * from './intake.ts';
export type { Source } from './source.ts';
export * from './tally.ts';
export { createTopicConsumer } from './topic.ts';
export * from './webhooks.ts';
