/**
 * The broker of a worker's test files, which ends with the worker. For files that only use it, with topics and groups of their own; who stops
 * it, or relies on usual names of topics, starts one (`startBroker`).
 */
import { dirname } from 'node:path';
import { inject } from 'vitest';
import { startBroker } from './broker.ts';
import type { Broker } from './broker.ts';

/** It goes on after the file. */
export type SharedBroker = Pick<Broker, 'brokers' | 'tool'>;

const worker = globalThis as { desistBroker?: Promise<SharedBroker> };

export function sharedBroker(): Promise<SharedBroker> {
  return (worker.desistBroker ??= startBroker({ parent: dirname(inject('template').folder) }));
}
