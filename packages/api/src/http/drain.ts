/**
 * The end of the connections of a server that stops. Node closes those that are idle at that moment, and no others: one whose answer is still
 * being sent stays open afterwards until its keep-alive time is over, and one that was opened ahead of its first request, as browsers do, for ever.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Watches from now on. The function that is returned ends idle connections, and each other one behind its last answer. */
export function watchConnections(server: Pick<Server, 'on'>): () => void {
  /** Requests that each connection waits for. */
  const waiting = new Map<Socket, number>();
  let ended = false;

  function endIdle(socket: Socket): void {
    if (waiting.get(socket) === 0) socket.destroySoon();
  }
  server.on('connection', (socket: Socket) => {
    waiting.set(socket, 0);
    socket.once('close', () => waiting.delete(socket));
    if (ended) endIdle(socket);
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    waiting.set(socket, (waiting.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const others = waiting.get(socket);
      if (others === undefined) return;
      waiting.set(socket, others - 1);
      if (ended) endIdle(socket);
    });
  });
  return () => {
    ended = true;
    for (const socket of waiting.keys()) endIdle(socket);
  };
}
