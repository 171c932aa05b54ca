/** An engine as a process of its own, as operators run it: to be killed, stopped and continued. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { KafkaOptions } from '@desist/log-kafka';
import { childEndsWithUs } from '../servers/ends-with-us.ts';
import { programOf } from '../servers/programs.ts';

export interface EngineProcess {
  readonly pid: number;
  /** Log lines so far whose message begins like this. */
  said(message: string): readonly Readonly<Record<string, unknown>>[];
  /** Resolves at the next line with this message; rejects when the process ends before. */
  next(message: string): Promise<Readonly<Record<string, unknown>>>;
  signal(name: NodeJS.Signals): void;
  /** Exit code, or null after a signal. */
  ended(): Promise<number | null>;
  /** The last lines of its log: why it ended as it did. */
  lastWords(): string;
}

export interface EngineSettings {
  readonly databaseUrl: string;
  readonly options: Pick<KafkaOptions, 'brokers' | 'groupId' | 'topics'>;
  readonly more?: Readonly<Record<string, string>>;
  /** Arguments of `desist engine`. */
  readonly args?: readonly string[];
}

export function startEngine({ databaseUrl, options, more, args = [] }: EngineSettings): EngineProcess {
  const { brokers, groupId, topics } = options;
  const child = spawn(process.execPath, [...programOf('engine'), ...args], {
    stdio: ['ignore', 'pipe', process.env['DESIST_TEST_LOG'] === undefined ? 'ignore' : 'inherit'],
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: databaseUrl,
      KAFKA_BROKERS: brokers.join(','),
      KAFKA_GROUP_ID: groupId,
      KAFKA_SESSION_TIMEOUT: '6s',
      KAFKA_HEARTBEAT_INTERVAL: '500ms',
      DESIST_TOPIC_DELIVERY_EVENTS: topics.deliveryEvents,
      DESIST_TOPIC_SUPPRESSION_EVENTS: topics.suppressionEvents,
      DESIST_TOPIC_SUPPRESSIONS: topics.suppressions,
      DESIST_TOPIC_DEAD_LETTERS: topics.deadLetters,
      DESIST_HTTP: 'off',
      ...more,
    },
  });
  childEndsWithUs(child);
  const lines: Readonly<Record<string, unknown>>[] = [];
  const waiting = new Set<(line: Readonly<Record<string, unknown>>) => void>();
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      if (process.env['DESIST_TEST_LOG'] !== undefined) process.stderr.write(`${part}\n`);
      const line = JSON.parse(part) as Readonly<Record<string, unknown>>;
      lines.push(line);
      for (const hear of [...waiting]) hear(line);
    }
  });
  const gone = once(child, 'close').then(([code]) => code as number | null);
  return {
    pid: child.pid ?? -1,
    said: (message) => lines.filter(({ msg }) => typeof msg === 'string' && msg.startsWith(message)),
    next: (message) =>
      new Promise((resolve, reject) => {
        const hear = (line: Readonly<Record<string, unknown>>): void => {
          if (typeof line['msg'] !== 'string' || !line['msg'].startsWith(message)) return;
          waiting.delete(hear);
          resolve(line);
        };
        waiting.add(hear);
        void gone.then((code) => {
          reject(
            new Error(
              `the engine ended (${String(code)}) before it said: ${message}\n${lines.map((line) => JSON.stringify(line)).join('\n')}`,
            ),
          );
        });
      }),
    signal: (name) => void child.kill(name),
    ended: () => gone,
    lastWords: () =>
      lines
        .slice(-20)
        .map((line) => JSON.stringify(line))
        .join('\n'),
  };
}
