/** Bodies that are made to cost time. Input is bounded before any work that costs more than its length. */
import { DEFAULT_POLICY } from '@desist/domain';
import type { StateReader } from '@desist/pipeline';
import { describe, expect, test } from 'vitest';
import { createApi } from './index.ts';
import type { Api } from './index.ts';

const quiet = (): void => undefined;
function make(): Api {
  const reader: Partial<StateReader> = {
    check: async (_tenant, addresses) => ({
      checked: addresses.map((address) => ({
        address,
        state: 'healthy',
        suppressions: [],
        allowed: [],
        probationUntil: null,
        erased: false,
      })),
      clocks: [],
    }),
  };
  return createApi({
    reader: reader as StateReader,
    append: async () => [],
    policies: () => ({ version: 'sha256:x', base: DEFAULT_POLICY, tenants: new Map() }),
    ready: () => ({ ok: true, problems: [] }),
    metrics: async () => ({ contentType: 'text/plain', body: '' }),
    time: { now: () => 0 },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    version: '0.1.0',
  });
}

/** Normalisation takes time in the square of the number of such marks. */
const marks = (count: number): string => '\u0301\u0316'.repeat(count / 2);
const LONG = `a${marks(200_000)}@example.com`;
const LONG_DOMAIN = `a@u${marks(200_000)}.com`;

const SENT = {
  '/v1/check': (address: string) => ({ recipients: [address] }),
  '/v1/events': (recipient: string) => ({ version: 1, type: 'delivered', occurredAt: '2026-03-01T10:00:00Z', recipient }),
  '/v1/commands': (recipient: string) => ({ type: 'release', recipient }),
};

describe('an address of 400 KB', () => {
  test.each(Object.entries(SENT))('is refused by %s quickly', async (url, body) => {
    const api = make();
    await api.inject({ url: '/healthz' });
    for (const address of [LONG, LONG_DOMAIN]) {
      const began = performance.now();
      const answer = await api.inject({ method: 'POST', url, payload: body(address) });
      // Without a bound this takes half a minute.
      expect(performance.now() - began).toBeLessThan(500);
      expect(answer.body.slice(-400)).toMatch(/invalid_address|at most 320 characters/);
    }
  });

  test('is refused in a path or a filter, too', async () => {
    const api = make();
    const long = encodeURIComponent(`a${marks(1_000)}@b.c`);
    for (const url of [
      `/v1/recipients/${long}`,
      `/v1/suppressions?address=${long}`,
      `/v1/suppressions?domain=${long}`,
      `/v1/suppressions?prefix=${long}`,
    ]) {
      expect((await api.inject({ url })).statusCode, url.slice(0, 30)).toBe(400);
    }
  });

  test('8 MiB of the longest valid addresses take time in proportion to their number', async () => {
    const address = `a${marks(310)}@b.c`;
    const recipients = Array.from({ length: 10_000 }, () => address);
    const api = make();
    await api.inject({ url: '/healthz' });
    const took = async (count: number): Promise<number> => {
      const began = performance.now();
      expect((await api.inject({ method: 'POST', url: '/v1/check', payload: { recipients: recipients.slice(0, count) } })).statusCode).toBe(
        200,
      );
      return performance.now() - began;
    };
    await took(100);
    expect(await took(10_000)).toBeLessThan(8_000);
  });
});

describe('deeply nested JSON', () => {
  const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);

  test.each([
    ['/v1/events', `[${deep}]`],
    ['/v1/commands', `{"type":"release","recipient":"a@b.c","note":${deep}}`],
    ['/v1/recipients/a@b.c/why', `{"policy":${deep.slice(0, 100_000)}${deep.slice(-100_000)}}`],
  ])('is a client error at %s, quickly', async (url, payload) => {
    const api = make();
    const began = performance.now();
    const answer = await api.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/json' } });
    expect(answer.statusCode).toBe(400);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  test('is an invalid address and does not fail the check', async () => {
    const payload = `{"recipients":[${deep},"a@b.c"]}`;
    const answer = await make().inject({ method: 'POST', url: '/v1/check', payload, headers: { 'content-type': 'application/json' } });
    expect(answer.json()).toMatchObject({
      results: [
        { recipient: null, reasons: ['invalid_address'] },
        { recipient: 'a@b.c', allowed: true },
      ],
    });
  });
});
