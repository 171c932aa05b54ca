/** For the tests of this package: a format whose lines are their own ids. */
import type { LineFormat, Normalised } from '@desist/formats';
import { asTenant, asAddress } from '@desist/domain';
import type { Source } from './source.ts';

const silently = (): void => undefined;
export const logger = { debug: silently, info: silently, warn: silently, error: silently };

export const NOW = Date.parse('2026-03-01T12:00:00.000Z');

/** `line 7`: an event. `ignore`, `bad`: what they say. No line depends on another; the state counts the lines. */
export const lines: LineFormat = {
  name: 'canonical',
  normalise: (payload, context) => {
    const reader = lines.open(context);
    return new TextDecoder()
      .decode(payload)
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => reader.push(line));
  },
  open(context, state) {
    let seen = typeof state === 'number' ? state : 0;
    return {
      push(line): readonly Normalised[] {
        seen += 1;
        if (line.startsWith('ignore')) return [{ kind: 'ignored', what: 'asked for' }];
        if (line.startsWith('bad')) return [{ kind: 'problem', reason: 'invalid', detail: 'asked for', raw: line }];
        if (line.startsWith('broken')) return [{ kind: 'problem', reason: 'unreadable', detail: 'asked for', raw: line }];
        const { tenant, stream, referenceTime } = context;
        return [
          {
            kind: 'event',
            event: {
              id: line,
              tenant: asTenant(tenant),
              stream,
              recipient: asAddress('alice@example.com'),
              type: 'delivered',
              occurredAt: referenceTime,
              messageId: 'm',
            },
          },
        ];
      },
      end: () => [],
      state: () => seen,
    };
  },
};

/** A promise that the test settles. */
export function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

export function lineSource(more: Partial<Source> = {}): Source {
  return { name: 'test', format: lines, tenant: 'acme', stream: 'default', ...more };
}
