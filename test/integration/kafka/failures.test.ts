import { connect, createServer, type Server, type Socket, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectKafka, type KafkaOptions } from '@desist/log-kafka';

import { startBroker, type Broker } from './broker.ts';
import { compressions, withProducer, type CompressionTypes } from './raw.ts';
import { checkpoints, freshOptions, recorder, running, until } from './support.ts';

let broker: Broker;

beforeAll(async () => {
  broker = await startBroker();
  await prepared(1);
});
afterAll(() => broker.stop());

async function prepared(partitions: number, over: Partial<KafkaOptions> = {}): Promise<KafkaOptions> {
  const options = freshOptions(broker.brokers, over);
  const log = connectKafka(freshOptions(broker.brokers, { topics: options.topics }));
  await until(() => log.ensureTopics({ partitions }).catch(() => null), 'a broker that serves');
  await log.close();
  return options;
}

describe('compression', () => {
  test('all four codecs of other clients are read', async () => {
    const options = await prepared(1);
    const { deliveryEvents: topic } = options.topics;
    // The Java client frames snappy and lz4 in its own way.
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
      const lines = Array.from({ length: 200 }, (_, i) => `java-${codec}-${String(i)}-${'y'.repeat(300)}`);
      await broker.tool(
        'org.apache.kafka.tools.ConsoleProducer',
        ['--bootstrap-server', broker.brokers[0] ?? '', '--topic', topic, '--compression-codec', codec],
        `${lines.join('\n')}\n`,
      );
    }
    await withProducer(broker.brokers, async (producer) => {
      for (const compression of [compressions.GZIP, compressions.Snappy, compressions.LZ4, compressions.ZSTD]) {
        await producer.send({ topic, compression, messages: [{ key: 'k', value: `own-${String(compression)}` }] });
      }
    });
    const shared = checkpoints();
    const run = running(options, recorder(shared));
    await until(() => run.consumer.caught.get(0)?.position === 804, 'all');
    await run.stop();
    const values = shared.values.get(0) ?? [];
    for (const codec of ['gzip', 'snappy', 'lz4', 'zstd']) {
      expect(values.filter((value) => value.startsWith(`java-${codec}-`))).toHaveLength(200);
    }
    expect(values.slice(-4)).toEqual(['own-1', 'own-2', 'own-3', 'own-4']);
  });

  test('a batch that is too large when unpacked stops its partition at its place, and no other', async () => {
    const said: string[] = [];
    const options = await prepared(2, {
      observer: { stopped: (partition, reason) => said.push(`${String(partition)} ${String(reason)}`) },
    });
    const { deliveryEvents: topic } = options.topics;
    const send = (partition: number, values: readonly (string | Buffer)[], compression: CompressionTypes): Promise<unknown> =>
      withProducer(broker.brokers, (producer) =>
        producer.send({ topic, compression, messages: values.map((value) => ({ partition, key: 'k', value })) }),
      );
    await send(0, ['a', 'b'], compressions.None);
    const huge = Buffer.alloc(70 * 1024 * 1024);
    expect(gzipSync(huge).length).toBeLessThan(1024 * 1024);
    await send(0, [huge, 'after'], compressions.GZIP);
    await send(1, ['c'], compressions.None);
    const shared = checkpoints();
    const run = running(options, recorder(shared));
    await until(() => said.length > 0, 'the stop');
    await until(() => shared.offsets.get(1) === 1, 'the other partition');
    await send(1, ['d'], compressions.None);
    await until(() => shared.offsets.get(1) === 2, 'the other partition again');
    expect(run.outcome()).toBeNull();
    await run.stop();
    expect(said[0]).toContain('0 unreadable record batch at 2: gzip');
    expect(shared.values.get(0)).toEqual(['a', 'b']);
    expect(shared.offsets.get(0)).toBe(2);
    expect(run.consumer.caught.has(0)).toBe(false);
  });
});

describe('the broker', () => {
  test.each([false, true])('goes away and comes back (killed: %s): reading and appending go on, nothing is lost', async (hard) => {
    const options = await prepared(3);
    const shared = checkpoints();
    const run = running(options, recorder(shared));
    const log = connectKafka(options);
    const records = (from: number): { key: string; value: string }[] =>
      Array.from({ length: 100 }, (_, i) => ({ key: `k${String(i)}`, value: `v${String(from + i)}` }));
    await log.append('deliveryEvents', records(0));
    // A broker that has just started may be sent some of them twice.
    await until(() => new Set([...shared.values.values()].flat()).size === 100, 'the first records');

    await broker.halt(hard);
    const during = until(() => log.append('deliveryEvents', records(100)).catch(() => null), 'an append', 120_000);
    await broker.start();
    await during;
    await until(() => new Set([...shared.values.values()].flat()).size === 200, 'the records after', 120_000);
    await until(() => run.consumer.caught.size === 3, 'caught up');
    expect(run.outcome()).toBeNull();
    await run.stop();
    await log.close();
    expect(run.consumer.faults).toEqual([]);
  });

  test('is waited for at the start', async () => {
    const options = await prepared(1);
    await broker.halt();
    const run = running(options, recorder());
    await until(() => broker.start().then(() => true), 'the broker');
    await until(() => run.consumer.caught.size === 1, 'reading', 120_000);
    await run.stop();
  });

  test('silent packet loss: the run ends, for the supervisor to begin again', async () => {
    const proxy = await blackHole(broker);
    const options = await prepared(1, {
      sessionTimeout: 3_000,
      requestTimeout: 2_000,
      socketFactory: ({ onConnect }) => connect(proxy.port, '127.0.0.1', onConnect),
    });
    const run = running(options, recorder());
    await until(() => run.consumer.caught.size === 1, 'reading');
    proxy.swallow();
    const { error } = await until(() => run.outcome(), 'the end', 90_000);
    expect(error).toMatchObject({ name: 'LogError', kind: 'fatal' });
    await proxy.close();
  });
});

/** Passes everything on to the broker until told to swallow it, connections staying open. */
async function blackHole(target: Broker): Promise<{ port: number; swallow(): void; close(): Promise<void> }> {
  const port = Number(target.brokers[0]?.split(':')[1]);
  const sockets = new Set<Socket>();
  let swallowing = false;
  const server: Server = createServer((inside) => {
    const outside = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => {
        if (!swallowing) to.write(data);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    swallow: () => {
      swallowing = true;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
