/** Stopping over real sockets: what each kind of connection sees, and that the server does end. */
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { watchConnections } from './drain.ts';

const open: Socket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

interface Served {
  readonly port: number;
  readonly answers: ServerResponse[];
  /** Resolves when no connection is left. */
  stop(): Promise<void>;
}

async function serve(): Promise<Served> {
  const answers: ServerResponse[] = [];
  const server: Server = createServer((_request, response) => void answers.push(response));
  const endConnections = watchConnections(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = (): Promise<void> => {
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    endConnections();
    return stopped;
  };
  return { port: (server.address() as AddressInfo).port, answers, stop };
}

interface Client {
  readonly socket: Socket;
  readonly text: () => string;
  readonly closed: Promise<void>;
}

async function client(port: number): Promise<Client> {
  const socket = connect(port, '127.0.0.1');
  open.push(socket);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return { socket, text: () => text, closed };
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n';

test('a connection that never asked anything does not keep the server from ending', async () => {
  const { port, answers, stop } = await serve();
  const silent = await client(port);
  // The server has seen the silent one, because it has seen this one, which came later.
  const asking = await client(port);
  asking.socket.write(REQUEST);
  await expect.poll(() => answers.length).toBe(1);
  answers[0]?.end('done');
  await stop();
  await silent.closed;
  await asking.closed;
});

test('what is being answered is answered whole, and its connection ends then, though it would be kept alive', async () => {
  const { port, answers, stop } = await serve();
  const { socket, text, closed } = await client(port);
  socket.write(REQUEST);
  await expect.poll(() => answers.length).toBe(1);
  answers[0]?.write('first,');
  const stopped = stop();
  answers[0]?.end('x'.repeat(1_000_000));
  await closed;
  await stopped;
  expect([text().includes('first,'), /x{1000}/.test(text()), text().endsWith('0\r\n\r\n')]).toEqual([true, true, true]);
});

test('an answer that another one follows on the same connection does not end it', async () => {
  const { port, answers, stop } = await serve();
  const { socket, text, closed } = await client(port);
  socket.write(REQUEST + REQUEST);
  await expect.poll(() => answers.length).toBe(2);
  const stopped = stop();
  answers[0]?.end('one');
  await expect.poll(text).toContain('one');
  answers[1]?.end('two');
  await closed;
  await stopped;
  expect(text()).toContain('two');
});
