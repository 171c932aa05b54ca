/** What Postfix sends, over a real connection. */
import { connect } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createPolicyServer } from './policy-protocol.ts';
import type { PolicyAnswer } from './policy-protocol.ts';

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

const requestFor = (recipient: string): string =>
  `request=smtpd_access_policy\nprotocol_state=RCPT\nprotocol_name=SMTP\nsender=news@example.org\nrecipient=${recipient}\ninstance=1.2\n\n`;

/** Sends these pieces on one connection; resolves with everything that was answered when the server, or `answers` answers, end it. */
async function exchange(ask: (recipient: string) => Promise<PolicyAnswer>, pieces: readonly string[], answers: number): Promise<string> {
  const listening = createPolicyServer({ ask });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const socket = connect((listening.address() as AddressInfo).port, '127.0.0.1');
  let said = '';
  const over = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // The server may end it while there is more to come.
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    said += chunk.toString();
    if (said.split('\n\n').length > answers) socket.destroy();
  });
  for (const piece of pieces) await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  await over;
  return said;
}

const SUPPRESSED = 'full@example.com';
const ask = async (recipient: string): Promise<PolicyAnswer> =>
  recipient === SUPPRESSED ? { allowed: false, reasons: ['hard_bounce'] } : { allowed: true, reasons: [] };

it('answers each request of a connection in order, however it is cut into pieces', async () => {
  const text = requestFor('a@example.com') + requestFor(SUPPRESSED) + requestFor('b@example.com');
  const wanted = 'action=DUNNO\n\naction=REJECT recipient is suppressed: hard_bounce\n\naction=DUNNO\n\n';
  expect(await exchange(ask, [text], 3)).toBe(wanted);
  expect(await exchange(ask, [text.slice(0, 100), text.slice(100, 250), text.slice(250)], 3)).toBe(wanted);
});

it('lets mail pass when nobody can say, and when a request names no recipient', async () => {
  expect(await exchange(() => Promise.reject(new Error('away')), [requestFor(SUPPRESSED)], 1)).toBe('action=DUNNO\n\n');
  expect(await exchange(ask, ['request=smtpd_access_policy\nrecipient=\n\n'], 1)).toBe('action=DUNNO\n\n');
});

it('writes one line, whatever a reason contains', async () => {
  const forged = async (): Promise<PolicyAnswer> => ({ allowed: false, reasons: ['operator\n\naction=OK'] });
  expect(await exchange(forged, [requestFor('x@example.com')], 1)).toBe('action=REJECT recipient is suppressed: operator??action=OK\n\n');
});

it('ends a connection that sends without an end', async () => {
  expect(await exchange(ask, ['x'.repeat(100_000)], 1)).toBe('');
});
