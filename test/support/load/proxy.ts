/** Between a client and a Postgres server: now and then it lets COMMIT through and takes the connection away before the answer. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface Proxy {
  /** The URL, by way of the proxy. */
  readonly url: string;
  /** Answers to COMMIT that were swallowed so far. */
  cut(): number;
  close(): Promise<void>;
}

/** The simple query `commit`: type Q, length, text, NUL (Postgres protocol 3.0, message formats). */
const COMMIT = Buffer.concat([Buffer.from('Q'), Buffer.from([0, 0, 0, 11]), Buffer.from('commit\0')]);

export async function startProxy(url: string, chance: () => boolean): Promise<Proxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let cutting = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (chunk.includes(COMMIT) && chance()) cutting = true;
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      // An answer: the server has committed. The client never hears of it.
      if (cutting) {
        cuts += 1;
        client.destroy();
      } else client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    cut: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
