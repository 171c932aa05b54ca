/** Between clients and a server on 127.0.0.1: cuts them from it, keeps what they say from arriving, or leads them to another server. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface Switch {
  readonly port: number;
  /** Ends all connections; new ones lead to this port. */
  to(port: number): void;
  /** Ends all connections and refuses new ones, until `heal`. */
  cut(): void;
  /** Nothing arrives on either side, and nobody is told, until `heal`: as a network that loses packets. */
  hold(): void;
  heal(): void;
  close(): Promise<void>;
}

export async function startSwitch(target: number): Promise<Switch> {
  let state: 'open' | 'cut' | 'held' = 'open';
  let destination = target;
  const sockets = new Set<Socket>();
  /** Both directions of each connection. */
  const flows = new Set<readonly [from: Socket, to: Socket]>();
  const server = createServer((client) => {
    if (state === 'cut') {
      client.destroy();
      return;
    }
    const upstream = connect(destination, '127.0.0.1');
    for (const flow of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      const [socket, other] = flow;
      sockets.add(socket);
      flows.add(flow);
      if (state === 'open') socket.pipe(other);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        flows.delete(flow);
        other.destroy();
      });
    }
  });
  function end(): void {
    for (const socket of sockets) socket.destroy();
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    to(port) {
      destination = port;
      end();
    },
    cut() {
      state = 'cut';
      end();
    },
    hold() {
      state = 'held';
      for (const [from, to] of flows) from.unpipe(to).pause();
    },
    heal() {
      state = 'open';
      for (const [from, to] of flows) from.unpipe(to).pipe(to);
    },
    async close() {
      end();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
