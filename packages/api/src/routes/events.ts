/** `POST /v1/events`: appends delivery events to the log. 202 when they are durable. */
import { encodeEvent, EVENT_VERSION, parseEvent } from '@desist/formats/event';
import { asTenant, COMMAND_TYPES } from '@desist/domain';
import type { Caller } from '../http/access.ts';
import { defaultTenant, mayUse } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { Lines, readLines } from '../http/bodies.ts';
import { compileAllButBody, itemsOf, sortItems } from '../http/items.ts';
import type { Refusal } from '../http/items.ts';
import { Problem } from '../http/problem.ts';
import { validatorOf } from '../http/validation.ts';
import type { ApiOptions } from '../options.ts';
import { SEND_EVENTS } from '../schemas/events.ts';
import { DeliveryEvent } from '../schemas/items.ts';
import type { Item } from '../schemas/items.ts';
import { append } from './append.ts';
import type { Encoded } from './append.ts';
import { withRecipients } from './recalled-recipients.ts';
import type { OwnItem } from './recalled-recipients.ts';

const mistakesOf = validatorOf(DeliveryEvent);

export async function eventRoutes(app: HttpApp, options: ApiOptions): Promise<void> {
  const { time } = options;
  readLines(app);
  app.post(
    '/v1/events',
    { schema: SEND_EVENTS, config: { role: 'ingester' }, validatorCompiler: compileAllButBody },
    async ({ body, caller }, reply) => {
      const read = body instanceof Lines ? parseLine : asIs;
      const own = itemsOf(body).map((item) => ownItem(read(item), caller));
      const entries = await withRecipients(own, options);
      const now = time.now();
      const { good, mistakes, bad } = sortItems(entries, (entry) => ('item' in entry ? readEvent(entry, now) : entry));
      if (good.length === 0) throw new Problem(400, 'None of the items is a delivery event.', { members: { errors: mistakes } });
      await append(options, good);
      await options.accepted?.(good);
      return reply.code(202).send({ accepted: good.length, rejected: bad, errors: [...mistakes] });
    },
  );
}

const NOT_JSON = Symbol('not JSON');
const asIs = (item: unknown): unknown => item;

function parseLine(line: unknown): unknown {
  try {
    return JSON.parse(line as string) as unknown;
  } catch {
    return NOT_JSON;
  }
}

/** The item and its tenant, which is determined before anything is looked up for it. Default: the key's only tenant. */
function ownItem(item: unknown, caller: Caller): OwnItem | readonly Refusal[] {
  if (item === NOT_JSON) return [{ reason: 'unreadable', detail: 'not JSON' }];
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return [{ reason: 'unreadable', detail: 'not a JSON object' }];
  const event = item as Item;
  if ((COMMAND_TYPES as readonly unknown[]).includes(event['type'])) {
    return [{ reason: 'invalid', detail: 'type: must be that of a delivery event; commands go to /v1/commands', pointer: '#/type' }];
  }
  const tenant = event['tenant'] ?? defaultTenant(caller) ?? 'default';
  // The schema refuses an invalid tenant.
  if (typeof tenant !== 'string') return { item: event, tenant: asTenant('') };
  if (!mayUse(caller, tenant)) return [{ reason: 'forbidden', detail: 'tenant: this key is for other tenants', pointer: '#/tenant' }];
  const isExplicit = tenant === 'default' || event['tenant'] === tenant;
  return { item: isExplicit ? event : { ...event, tenant }, tenant: asTenant(tenant) };
}

function readEvent({ item }: OwnItem, now: number): Encoded | readonly Refusal[] {
  const { version } = item;
  // An item of another version cannot be validated any further.
  if (typeof version !== 'number' || version === EVENT_VERSION) {
    const mistakes = mistakesOf(item);
    if (mistakes.length > 0) return mistakes.map((mistake) => ({ reason: 'invalid', ...mistake }));
  }
  const parsed = parseEvent(item, now);
  return parsed.ok ? encodeEvent(parsed.event) : [{ reason: parsed.reason, detail: parsed.detail }];
}
