import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { engineConfig, environmentOf } from './config.ts';
import { supervise } from './supervise.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
let folder: string;
let stop: AbortController;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'desist-supervise-'));
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  rmSync(folder, { recursive: true, force: true });
});

/** Each process notes its start in a file of its own, then does this. */
function running(count: number, then: string, signals?: Parameters<typeof supervise>[0]['signals']): Promise<number> {
  const script = `require('fs').appendFileSync(process.env.NOTES, process.pid + '\\n'); ${then}`;
  return supervise({
    count,
    command: (index) => ({ args: ['-e', script], env: { NOTES: join(folder, String(index)), INDEX: String(index) } }),
    logger: silent,
    signal: stop.signal,
    pause: 10,
    ...(signals === undefined ? {} : { signals }),
  });
}

function starts(index: number): readonly number[] {
  try {
    return readFileSync(join(folder, String(index)), 'utf8')
      .trim()
      .split('\n')
      .map(Number);
  } catch {
    return [];
  }
}

const WAIT = { timeout: 20_000, interval: 20 };
const STAY = 'setInterval(() => {}, 1000); process.on("SIGTERM", () => process.exit(0));';

describe('several engines under one process', () => {
  it('restarts an engine that was killed, and leaves the others alone', async () => {
    const ended = running(2, STAY);
    await vi.waitFor(() => {
      expect([starts(0).length, starts(1).length]).toEqual([1, 1]);
    }, WAIT);
    process.kill(starts(1)[0] as number, 'SIGKILL');
    await vi.waitFor(() => {
      expect(starts(1).length).toBe(2);
    }, WAIT);
    expect(starts(0).length).toBe(1);
    stop.abort();
    expect(await ended).toBe(0);
  });

  it('hands a signal on to all that run, also those that were restarted', async () => {
    let send: (signal: NodeJS.Signals) => void = () => undefined;
    const heard = `process.on("SIGHUP", () => require('fs').appendFileSync(process.env.NOTES + '.heard', process.pid + '\\n')); ${STAY}`;
    const ready = `require('fs').writeFileSync(process.env.NOTES + '.' + process.pid, '');`;
    const ended = running(2, `${heard} ${ready}`, (given) => (send = given));
    const isReady = (index: number): boolean => existsSync(join(folder, `${index}.${starts(index).at(-1) ?? ''}`));
    await vi.waitFor(() => {
      expect([isReady(0), isReady(1)]).toEqual([true, true]);
    }, WAIT);
    process.kill(starts(1)[0] as number, 'SIGKILL');
    await vi.waitFor(() => {
      expect([starts(1).length, isReady(1)]).toEqual([2, true]);
    }, WAIT);
    send('SIGHUP');
    const heardBy = (index: number): string => readFileSync(join(folder, `${index}.heard`), 'utf8').trim();
    await vi.waitFor(() => {
      expect([heardBy(0), heardBy(1)]).toEqual([String(starts(0)[0]), String(starts(1)[1])]);
    }, WAIT);
    stop.abort();
    expect(await ended).toBe(0);
  });

  it('ends all of them with its exit code if one refuses to start', async () => {
    expect(await running(2, `if (process.env.INDEX === '1') process.exit(3); ${STAY}`)).toBe(3);
    expect(starts(1).length).toBe(1);
  });

  it('leaves no process behind when it is stopped', async () => {
    const ended = running(3, STAY);
    await vi.waitFor(() => {
      expect([0, 1, 2].every((index) => starts(index).length === 1)).toBe(true);
    }, WAIT);
    stop.abort();
    expect(await ended).toBe(0);
    for (const index of [0, 1, 2]) expect(() => process.kill(starts(index)[0] as number, 0)).toThrow('ESRCH');
  });
});

describe('settings of several engines', () => {
  const variables = { DATABASE_URL: 'postgres://localhost/x', DESIST_HTTP: '127.0.0.1:9000' };

  it('each engine listens on its own port', () => {
    const config = engineConfig(['--processes', '3'], variables);
    expect(config.processes).toBe(3);
    expect(environmentOf(2, config)).toEqual({ DESIST_HTTP: '127.0.0.1:9002' });
    expect(environmentOf(2, engineConfig([], { ...variables, DESIST_HTTP: 'off' }))).toEqual({});
  });

  it.each(['0', 'many', '1.5', '300'])('refuses --processes %s', (count) => {
    expect(() => engineConfig(['--processes', count], variables)).toThrow('--processes');
  });
});
