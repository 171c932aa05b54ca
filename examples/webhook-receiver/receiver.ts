/** Receives the changes over HTTP and keeps a list of its own: all that a subscriber needs. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { Webhook } from 'standardwebhooks';

interface Change {
  readonly type: string;
  readonly tenant: string;
  readonly recipient: string;
  readonly recipientVersion: number;
  readonly state: { readonly from: string; readonly to: string };
}

/** By `tenant/address`. In production: a table. */
export type List = Map<string, { readonly version: number; readonly suppressed: boolean }>;

export function createReceiver(secret: string, list: List): Server {
  const webhook = new Webhook(secret);
  return createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      let changes: readonly Change[];
      try {
        // Of the raw body. It also refuses what is older than five minutes.
        changes = [webhook.verify(body, request.headers as Record<string, string>) as Change | readonly Change[]].flat() as Change[];
      } catch {
        response.writeHead(401).end();
        return;
      }
      for (const change of changes) keep(change, list);
      // Only now: what is not answered with 2xx comes again.
      response.writeHead(204).end();
    });
  });
}

/** A change may come twice, and an old one behind a newer one: the version says which is which. */
function keep({ tenant, recipient, recipientVersion: version, state }: Change, list: List): void {
  // A test, and a change about an incident, name no recipient.
  if (recipient === undefined) return;
  const key = `${tenant}/${recipient}`;
  if (version <= (list.get(key)?.version ?? 0)) return;
  list.set(key, { version, suppressed: state.to === 'suppressed' });
}
