import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { quietRequestQueues } from './request-queue.ts';
import type { RequestQueue } from './request-queue.ts';

type Queue = RequestQueue & { throttledUntil: number; push(request: object): void; fulfillRequest(response: object): void };

function queueOf(): Queue {
  const Class = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as new (options: object) => Queue;
  const logger = { debug: () => undefined, warn: () => undefined };
  return new Class({
    ...{ requestTimeout: 30_000, enforceRequestTimeout: false, clientId: 'test', broker: 'b:1', maxInFlightRequests: 1 },
    logger,
  });
}

function request(correlationId: number, sent: number[]): object {
  const entry = { correlationId, apiName: 'Fetch', apiKey: 1, apiVersion: 11, resolve: () => undefined, reject: () => undefined };
  return { entry, expectResponse: true, sendRequest: () => void sent.push(correlationId) };
}

beforeEach(() => {
  vi.useFakeTimers();
  quietRequestQueues();
});
afterEach(() => {
  vi.useRealTimers();
});

it('sets no timer while nothing waits: kafkajs sets one after the other, 1 ms apart', () => {
  const queue = queueOf();
  const sent: number[] = [];
  queue.push(request(1, sent));
  queue.fulfillRequest({ correlationId: 1, size: 0, payload: null });
  expect(sent).toEqual([1]);
  expect(vi.getTimerCount()).toBe(0);
});

it('sends what had to wait: for an answer to another request, and while the broker throttles', () => {
  const queue = queueOf();
  const sent: number[] = [];
  queue.push(request(1, sent));
  queue.push(request(2, sent));
  expect(sent).toEqual([1]);
  queue.fulfillRequest({ correlationId: 1, size: 0, payload: null });
  expect(sent).toEqual([1, 2]);
  queue.fulfillRequest({ correlationId: 2, size: 0, payload: null });
  queue.throttledUntil = Date.now() + 500;
  queue.push(request(3, sent));
  vi.advanceTimersByTime(499);
  expect(sent).toEqual([1, 2]);
  vi.advanceTimersByTime(20);
  expect(sent).toEqual([1, 2, 3]);
  queue.fulfillRequest({ correlationId: 3, size: 0, payload: null });
  vi.advanceTimersByTime(1_000);
  expect(vi.getTimerCount()).toBe(0);
});
