/** What the commands of `desist webhooks` do. */
import type { Client } from './client.ts';
import { queryOf } from './client.ts';
import { required, SERVICE_OPTIONS, value } from './command.ts';
import { EXIT } from './exit.ts';
import { minute, printPages } from './print-page.ts';
import { paint, say, sayJson, table } from './terminal.ts';

export interface Webhook {
  readonly id: string;
  readonly tenant: string | null;
  readonly url: string;
  readonly types: readonly string[] | null;
  readonly batch: number | null;
  readonly description: string | null;
  readonly state: 'active' | 'failing' | 'paused' | 'ended';
  readonly reason: string | null;
  readonly problem: string | null;
  readonly failingSince: string | null;
  readonly nextTryAt: string | null;
  readonly lastDeliveredAt: string | null;
  readonly behind: number;
}

interface Delivery {
  readonly id: string;
  readonly kind: string;
  readonly webhookId: string;
  readonly at: string;
  readonly attempt: number;
  readonly status: number | null;
  readonly problem: string | null;
  readonly milliseconds: number;
  readonly changes: number;
  readonly partition: number | null;
  readonly from: number | null;
  readonly to: number | null;
}

export const WEBHOOK_ID = { name: 'ID', summary: 'of a webhook, as `desist webhooks list` shows it', least: 1, most: 1 };

export const ADD_OPTIONS = {
  tenant: value('TENANT', 'only changes of this tenant; default all that the key may see'),
  types: value('TYPES', 'only changes of these types, separated by commas: suppressed,released; default all'),
  batch: value('N', 'send arrays of at most N changes; default each in a request of its own'),
  from: value('now|oldest', 'where to begin: with what is published from now on (default), or with the oldest change that is kept'),
  description: value('TEXT', 'for people'),
  ...SERVICE_OPTIONS,
};

export const ROTATE_OPTIONS = {
  overlap: value('DURATION', 'how long the earlier secret signs too: 24h (default), 0s'),
  ...SERVICE_OPTIONS,
};
export const RESEND_OPTIONS = { delivery: required('DELIVERY', 'its id, as `desist webhooks deliveries` shows it'), ...SERVICE_OPTIONS };

const PATH = '/v1/webhooks';
const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

export function listWebhooks(client: Client, { tenant, limit, json }: { tenant?: string; limit?: number; json: boolean }): Promise<void> {
  return printPages<Webhook>(client, {
    path: PATH,
    filters: { tenant },
    limit,
    json,
    headline: ['ID', 'TENANT', 'STATE', 'TYPES', 'BEHIND', 'LAST DELIVERED', 'URL', 'PROBLEM'],
    cellsOf: ({ id, tenant: of, state, reason, types, behind, lastDeliveredAt, url, problem }) => [
      ...[id, of ?? 'all', reason === null || state === 'failing' ? state : `${state} (${reason})`, types?.join(',') ?? 'all'],
      ...[String(behind), lastDeliveredAt === null ? 'never' : minute(lastDeliveredAt), url, problem ?? ''],
    ],
    noun: 'webhook',
  });
}

interface Addition {
  readonly tenant?: string;
  readonly types?: string;
  readonly batch?: string;
  readonly from?: string;
  readonly description?: string;
  readonly json: boolean;
}

export async function addWebhook(client: Client, url: string, options: Addition): Promise<void> {
  const { tenant, types, batch, from, description, json } = options;
  const given = {
    ...{ url, tenant, from, description },
    types: types?.split(',').map((type) => type.trim()),
    batch: batch === undefined ? undefined : Number(batch),
  };
  const added = (await client.post(PATH, given)) as Webhook & { readonly secret: string };
  if (json) sayJson(added);
  else
    say(
      `${added.id}: changes of ${added.tenant === null ? 'every tenant' : `tenant ${added.tenant}`} go to ${added.url}`,
      `secret: ${added.secret}`,
      '  it is shown only now: the receiver verifies requests with it (Standard Webhooks)',
      `  try it: desist webhooks test ${added.id}`,
    );
}

/** Exit code 1: it was not taken. */
export async function testWebhook(client: Client, id: string, json: boolean): Promise<number> {
  return outcomeOf((await client.post(`${pathOf(id)}/test`, undefined)) as Delivery, json);
}

export async function resendDelivery(client: Client, id: string, delivery: string, json: boolean): Promise<number> {
  return outcomeOf((await client.post(`${pathOf(id)}/deliveries/${encodeURIComponent(delivery)}/resend`, undefined)) as Delivery, json);
}

function outcomeOf(tried: Delivery, json: boolean): number {
  const { status, problem, milliseconds, webhookId } = tried;
  if (json) sayJson(tried);
  else if (problem === null) say(`taken: it answered ${String(status)} after ${milliseconds} ms (webhook-id ${webhookId})`);
  else say(paint('red', `not taken: ${problem} (after ${milliseconds} ms, webhook-id ${webhookId})`));
  return problem === null ? EXIT.done : EXIT.no;
}

export async function pauseWebhook(client: Client, id: string, json: boolean): Promise<void> {
  const now = (await client.patch(pathOf(id), { state: 'paused' })) as Webhook;
  if (json) sayJson(now);
  else say(`${now.id}: ${now.state}; nothing is lost, \`desist webhooks resume ${now.id}\` goes on where it stopped`);
}

export async function resumeWebhook(client: Client, id: string, skipLost: boolean, json: boolean): Promise<void> {
  const now = (await client.patch(pathOf(id), { state: 'active', skipLost })) as Webhook;
  if (json) sayJson(now);
  else say(`${now.id}: active, ${now.behind} changes behind`);
}

export async function rotateWebhook(client: Client, id: string, overlap: string | undefined, json: boolean): Promise<void> {
  const rotated = (await client.post(`${pathOf(id)}/secrets`, { overlap })) as { readonly secret: string };
  if (json) sayJson(rotated);
  else say(`secret: ${rotated.secret}`, `  it is shown only now; for ${overlap ?? '24h'} requests are signed with the earlier one, too`);
}

export async function removeWebhook(client: Client, id: string, json: boolean): Promise<void> {
  const removed = await client.remove(pathOf(id));
  if (json) sayJson(removed);
  else say(`${id}: removed`);
}

export async function listDeliveries(client: Client, id: string, { limit, json }: { limit?: number; json: boolean }): Promise<void> {
  const query = queryOf({ limit: limit === undefined ? undefined : String(limit) });
  const { items } = (await client.get(`${pathOf(id)}/deliveries${query}`)) as { readonly items: readonly Delivery[] };
  if (json) {
    for (const one of items) sayJson(one);
    return;
  }
  const rows = items.map(({ id: own, at, kind, attempt, status, milliseconds, changes, partition, from, to, problem }) => [
    ...[own, at, kind, String(attempt), status === null ? '' : String(status), `${milliseconds} ms`],
    ...[partition === null ? '' : `${changes}: ${partition}/${String(from)}${from === to ? '' : ` to ${String(to)}`}`, problem ?? ''],
  ]);
  if (rows.length > 0) say(...table(['ID', 'AT', 'KIND', 'TRY', 'STATUS', 'TOOK', 'CHANGES', 'PROBLEM'], rows));
  say(`${items.length} ${items.length === 1 ? 'request' : 'requests'}`);
}
