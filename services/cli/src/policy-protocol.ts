/**
 * Postfix' policy delegation (http://www.postfix.org/SMTPD_POLICY_README.html): a request is lines of `name=value` and an empty line; the
 * answer is `action=…` and an empty line. A connection carries many requests, one after another.
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

export interface PolicyAnswer {
  readonly allowed: boolean;
  readonly reasons: readonly string[];
}

export interface PolicyServerOptions {
  /** May mail go to this recipient? A rejection is an answer of yes: mail is not stopped because something is away. */
  readonly ask: (recipient: string) => Promise<PolicyAnswer>;
  /** Called with each failure of `ask`. */
  readonly failed?: (error: unknown) => void;
}

/** Bytes of one request. Postfix sends some 600; an address has 320 at most. */
const LARGEST = 16 * 1024;
/** Postfix closes idle connections itself after 300 s. */
const IDLE = 600_000;
const GO_ON = 'DUNNO';

export function createPolicyServer({ ask, failed }: PolicyServerOptions): Server {
  return createServer((socket) => {
    // A peer that goes away is no error of ours.
    socket.on('error', () => socket.destroy());
    socket.setTimeout(IDLE, () => socket.destroy());
    void serve(socket);
  });

  async function serve(socket: Socket): Promise<void> {
    let pending = '';
    socket.setEncoding('utf8');
    try {
      for await (const chunk of socket as AsyncIterable<string>) {
        pending += chunk;
        for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n')) {
          const request = pending.slice(0, end);
          pending = pending.slice(end + 2);
          socket.write(`action=${await actionFor(request)}\n\n`);
        }
        if (pending.length > LARGEST) break;
      }
    } catch {
      // The connection broke.
    }
    socket.destroy();
  }

  async function actionFor(request: string): Promise<string> {
    const recipient = /^recipient=(.+)$/m.exec(request)?.[1];
    if (recipient === undefined) return GO_ON;
    try {
      const { allowed, reasons } = await ask(recipient);
      return allowed ? GO_ON : `REJECT recipient is suppressed: ${reasons.join(', ').replaceAll(/[^\x20-\x7e]/g, '?')}`;
    } catch (error) {
      failed?.(error);
      return GO_ON;
    }
  }
}
