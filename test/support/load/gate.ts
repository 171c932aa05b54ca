/** Between an engine and its Postgres: keeps a commit on its way for as long as the test wants, and counts the refused ones. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface Gate {
  /** The URL, by way of the gate. */
  readonly url: string;
  /** From now on the first commit that comes by is kept. Resolves when one is. */
  hold(): Promise<void>;
  /** Lets it arrive, if the server still listens: it ends transactions that stand idle for too long. */
  release(): void;
  /** Compare-and-sets that matched no row so far: commits that the fence refused. */
  refused(): number;
  close(): Promise<void>;
}

/** The name under which the compare-and-set is prepared, the first statement of every commit: each run of it names it. */
const COMPARE_AND_SET = Buffer.from('commit_checkpoint');
/** The command tag that Postgres answers an UPDATE with (protocol 3.0, CommandComplete). */
const TAG = /UPDATE (\d+)\0/;

export async function startGate(url: string): Promise<Gate> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let wanted: (() => void) | undefined;
  let kept: { readonly upstream: Socket; readonly chunks: Buffer[] } | undefined;
  let refused = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    let comparing = false;
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
      comparing ||= chunk.includes(COMPARE_AND_SET);
      if (kept?.upstream === upstream) kept.chunks.push(chunk);
      else if (wanted !== undefined && comparing) {
        kept = { upstream, chunks: [chunk] };
        wanted();
        wanted = undefined;
      } else upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      client.write(chunk);
      const tag = comparing ? TAG.exec(chunk.toString('latin1')) : null;
      if (tag === null) return;
      comparing = false;
      if (tag[1] === '0') refused += 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    hold: () => new Promise((resolve) => (wanted = resolve)),
    release() {
      const { upstream, chunks } = kept ?? { upstream: undefined, chunks: [] };
      kept = undefined;
      for (const chunk of chunks) upstream?.write(chunk);
    },
    refused: () => refused,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
