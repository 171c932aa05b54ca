/**
 * psql and other simple clients on the embedded database while the service runs. It has one connection, which the engine needs, so
 * every statement is a transaction of its own: read-only, as `desist_reader`, and short.
 *
 *   client ──TCP──> start-up and framing here ──Query, or Parse … Sync──> one transaction in PGlite ──> frames back
 */
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

/** Runs protocol messages in one read-only transaction, as the reader's role; answers the protocol's frames. */
export type RunMessages = (messages: Uint8Array) => Promise<Uint8Array>;

export interface SqlSocket {
  readonly port: number;
  close(): Promise<void>;
}

const MESSAGE_LIMIT = 1024 * 1024;
const CONNECTIONS = 16;
const PROTOCOL_3 = 196_608;
const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;
const QUERY = 0x51;
const PARSE = 0x50;
const READY_FOR_QUERY = 0x5a;
const IDLE = 0x49;

/** On this machine only: nothing asks who it is. Port 0: any free one. */
export async function serveSql(port: number, run: RunMessages): Promise<SqlSocket> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    void converse(socket, run).catch(() => socket.destroy());
  });
  server.maxConnections = CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function converse(socket: Socket, run: RunMessages): Promise<void> {
  let buffer: Buffer = Buffer.alloc(0);
  let started = false;
  let extended: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
    for (;;) {
      const head = started ? 1 : 0;
      if (buffer.length < head + 4) break;
      const size = head + buffer.readInt32BE(head);
      if (size < head + 4 || size > MESSAGE_LIMIT) {
        socket.end(errorFrame('54000', `a message of ${size} bytes: at most ${MESSAGE_LIMIT}`));
        return;
      }
      if (buffer.length < size) break;
      const message = buffer.subarray(0, size);
      buffer = buffer.subarray(size);
      if (!started) {
        const answer = message.length < 8 ? undefined : startUp(message.readInt32BE(4));
        if (answer === undefined) return void socket.end();
        started = answer.length > 1;
        socket.write(answer);
        continue;
      }
      const kind = String.fromCharCode(message[0] as number);
      if (kind === 'X') return void socket.end();
      if (kind !== 'Q' && kind !== 'S') {
        extended.push(message);
        continue;
      }
      const batch = kind === 'Q' ? message : Buffer.concat([...extended, message]);
      extended = [];
      if (!socket.write(await answerTo(batch, run))) await new Promise((resolve) => socket.once('drain', resolve));
    }
  }
}

/** One byte refuses encryption, which this machine does not need with itself; undefined: something else (a cancellation). */
function startUp(code: number): Buffer | undefined {
  if (code === SSL_REQUEST || code === GSS_REQUEST) return Buffer.from('N');
  if (code !== PROTOCOL_3) return undefined;
  const parameters = {
    server_version: '18.0',
    client_encoding: 'UTF8',
    server_encoding: 'UTF8',
    DateStyle: 'ISO, MDY',
    TimeZone: 'UTC',
    integer_datetimes: 'on',
    standard_conforming_strings: 'on',
  };
  return Buffer.concat([
    frame('R', Buffer.alloc(4)),
    ...Object.entries(parameters).map(([name, value]) => frame('S', Buffer.from(`${name}\0${value}\0`))),
    frame('K', Buffer.alloc(8)),
    READY,
  ]);
}

const TRANSACTION = /^\s*(begin|start\s+transaction|commit|end|rollback|abort)\b[^;]*;?\s*$/i;
/** Settings that clients set by themselves and that change neither who one is nor what one may. */
const SETTINGS =
  'application_name|bytea_output|client_encoding|client_min_messages|datestyle|extra_float_digits|intervalstyle|search_path|standard_conforming_strings|time\\s+zone|timezone';
/** What begins or ends a transaction, or changes any other setting: the role is one, by several names. */
const FORBIDDEN = new RegExp(
  `\\b(begin|start\\s+transaction|commit|rollback|abort|savepoint|prepare\\s+transaction|reset|discard|do|set_config)\\b|;\\s*end\\b|\\bset\\b(?!\\s+(local\\s+|session\\s+)?(${SETTINGS})\\b)`,
  'i',
);

async function answerTo(batch: Buffer, run: RunMessages): Promise<Buffer> {
  const text = sqlOf(batch);
  const single = batch[0] === QUERY ? TRANSACTION.exec(text)?.[1] : undefined;
  // `begin` and `commit` of a client are acknowledged and do nothing: its reads in between see different moments.
  if (single !== undefined) return Buffer.concat([frame('C', Buffer.from(`${single.toUpperCase().split(/\s/)[0] ?? ''}\0`)), READY]);
  if (FORBIDDEN.test(withoutText(text)))
    return Buffer.concat([errorFrame('0A000', 'here every statement is a read-only transaction of its own, as desist_reader'), READY]);
  try {
    return outside(Buffer.from(await run(batch)));
  } catch (error) {
    return Buffer.concat([errorFrame('XX000', error instanceof Error ? error.message : String(error)), READY]);
  }
}

/** The text of a Query, or of the Parse messages of a batch. */
function sqlOf(batch: Buffer): string {
  const parts: string[] = [];
  for (let at = 0; at < batch.length; at += 1 + batch.readInt32BE(at + 1)) {
    const body = batch.subarray(at + 5, at + 1 + batch.readInt32BE(at + 1));
    if (batch[at] === QUERY) parts.push(body.toString('utf8').replace(/\0$/, ''));
    if (batch[at] === PARSE) parts.push(body.toString('utf8').split('\0')[1] ?? '');
  }
  return parts.join(';\n');
}

/** Words within literals and comments are no commands. */
function withoutText(sql: string): string {
  return sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
}

/** The transaction around a statement is ours: the status for the client says that it is in none. */
function outside(frames: Buffer): Buffer {
  for (let at = 0; at + 5 < frames.length; at += 1 + frames.readInt32BE(at + 1)) if (frames[at] === READY_FOR_QUERY) frames[at + 5] = IDLE;
  return frames;
}

function frame(kind: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function errorFrame(code: string, message: string): Buffer {
  return frame('E', Buffer.from(`SERROR\0VERROR\0C${code}\0M${message}\0\0`));
}

const READY = frame('Z', Buffer.from('I'));
