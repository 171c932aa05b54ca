import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** This many different ports of 127.0.0.1 that nobody listens at, a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  // All are held until all are known: a port that was let go may be given again at once.
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** A port of 127.0.0.1 that nobody listens at, a moment ago. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}
