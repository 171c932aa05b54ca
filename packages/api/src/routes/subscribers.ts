/** `/v1/webhooks`: HTTP subscribers to the published changes. A key sees and makes those of its own tenants only. */
import { DAY } from '@desist/domain';
import { formatTime, parseDuration } from '@desist/formats/event';
import { EVERY_TENANT, FeedGapError, sequenceAt } from '@desist/pipeline';
import type { FeedPosition, ListedSubscriber, NotedTry } from '@desist/pipeline';
import { createConcurrencyLimit } from '../concurrency-limit.ts';
import { entryOf, recorded } from '../audit.ts';
import type { Act } from '../audit.ts';
import { decodePosition } from '../changes/cursor.ts';
import { loggedName, mayUse, signedBy, tenantOf, tenantsOf } from '../http/access.ts';
import type { Caller } from '../http/access.ts';
import type { FastifyRequest } from 'fastify';
import type { HttpApp } from '../http/app.ts';
import { Problem, readsOnly } from '../http/problem.ts';
import { badRequest } from '../http/validation.ts';
import type { ApiOptions, ManageSubscribers } from '../options.ts';
import { DEFAULT_LIMIT } from '../schemas/basics.ts';
import {
  ADD_WEBHOOK,
  CHANGE_WEBHOOK,
  GET_WEBHOOK,
  ID_IN_PATH,
  LIST_DELIVERIES,
  LIST_WEBHOOKS,
  REMOVE_WEBHOOK,
  RESEND_DELIVERY,
  ROTATE_SECRET,
  TEST_WEBHOOK,
} from '../schemas/subscribers.ts';
import type { Delivery, Webhook } from '../schemas/subscribers.ts';
import { when } from '../values.ts';

const PATH = '/v1/webhooks';
/** Tests and deliveries that are sent again, at a time; each takes 10 s at most. */
const BY_HAND = { most: 8, retryAfter: 10, what: 'requests to subscribers that were asked for' };
const OVERLAP = DAY;

export async function subscriberRoutes(app: HttpApp, { subscribers, changes: feed, trail, logger, time }: ApiOptions): Promise<void> {
  if (subscribers === undefined || feed === undefined) return;
  const { store, manage } = subscribers;
  const config = { role: 'operator' } as const;
  const slots = createConcurrencyLimit(BY_HAND);

  async function ofCaller(id: string, caller: Caller): Promise<ListedSubscriber> {
    const found = await store.find(id);
    if (found === null || !maySee(caller, found)) throw new Problem(404, 'There is no webhook with this id.');
    return found;
  }

  /** Does it with an entry in the audit trail. The entry has no URL, which may be a secret. */
  function audited<T>(
    request: Pick<FastifyRequest, 'caller' | 'ip'>,
    { id, tenant }: Pick<ListedSubscriber, 'id' | 'tenant'>,
    { action, detail = {} }: Pick<Act, 'action' | 'detail'>,
    work: () => Promise<T>,
  ): Promise<T> {
    const act = { action, tenant: tenant === EVERY_TENANT ? null : tenant, target: id, detail };
    return recorded({ trail, logger }, entryOf(request, act, time.now()), 'done', work);
  }

  async function byHand(send: () => Promise<NotedTry | null>, gone: () => Problem): Promise<Delivery> {
    const release = slots.acquire();
    try {
      const tried = await send();
      if (tried === null) throw gone();
      return deliveryValue(tried);
    } finally {
      release();
    }
  }

  const startOf = async ({ after, from = 'now' }: { readonly after?: string; readonly from?: string }): Promise<FeedPosition> => {
    if (after === undefined) return from === 'oldest' ? feed.oldest() : feed.ends();
    const position = decodePosition(after);
    if (position === undefined) throw badRequest([{ detail: 'after: must be a cursor of GET /v1/changes', pointer: '#/after' }]);
    return position;
  };

  const resume = async (id: string, skipLost: boolean): Promise<void> => {
    const resumed = await store.resume(id, await feed.oldest(), skipLost);
    if (resumed === 'ended') throw new Problem(409, 'It answered 410, which ended the subscription. Add it again.');
    if (resumed === 'lost_changes') {
      throw new Problem(
        409,
        'Changes that it has not got were deleted by age, so it cannot go on where it stopped. Let it read the list again, and resume it with `skipLost`.',
      );
    }
  };

  app.get(PATH, { schema: LIST_WEBHOOKS, config }, async ({ query, caller }) => {
    const { tenant, cursor = null, limit = DEFAULT_LIMIT } = query;
    const tenants = tenantsOf(caller, tenant);
    const found = await store.list(tenants === undefined ? {} : { tenants }, { after: cursor, limit: limit + 1 });
    const items = found.slice(0, limit);
    return { items: items.map(webhookValue), cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null };
  });

  app.post(PATH, { schema: ADD_WEBHOOK, config }, async (request, reply) => {
    const { body, caller } = request;
    const { newId, newSecret, wrongUrl } = demandManaging(manage);
    const { url, types = null, batch = null, description = null } = body;
    const tenant = caller.tenants === '*' ? (body.tenant ?? EVERY_TENANT) : tenantOf(caller, body.tenant);
    refuseUrl(wrongUrl(url));
    const after = await startOf(body);
    const [id, secret] = [newId(), newSecret()];
    const values = { id, tenant, url, types: types === null ? null : [...new Set(types)], batch, description };
    const added = { ...values, createdBy: signedBy(null, caller), secret };
    const act = { action: 'webhook_added', detail: { types, batch } };
    await audited(request, values, act, async () => {
      if (!(await store.add(added, after))) throw new Problem(409, 'This tenant has as many webhooks as it may have. Remove one first.');
    });
    logger.info({ caller: loggedName(caller), subscriber: id }, 'a subscriber was added');
    return reply.code(201).send({ ...webhookValue(await ofCaller(id, caller)), secret });
  });

  app.get(`${PATH}/${ID_IN_PATH}`, { schema: GET_WEBHOOK, config }, async ({ params, caller }) =>
    webhookValue(await ofCaller(params.id, caller)),
  );

  app.patch(`${PATH}/${ID_IN_PATH}`, { schema: CHANGE_WEBHOOK, config }, async (request) => {
    const { params, body, caller } = request;
    const { id } = params;
    const { wrongUrl } = demandManaging(manage);
    const subscriber = await ofCaller(id, caller);
    const { url, description, state, skipLost = false } = body;
    if (url !== undefined) refuseUrl(wrongUrl(url));
    if (url !== undefined || description !== undefined) {
      const values = { ...(url === undefined ? {} : { url }), ...(description === undefined ? {} : { description }) };
      await audited(request, subscriber, { action: 'webhook_changed', detail: { changed: Object.keys(values) } }, () =>
        demandFound(store.change(id, values)),
      );
    }
    if (state === 'paused') await audited(request, subscriber, { action: 'webhook_paused' }, () => store.pause(id));
    if (state === 'active')
      await audited(request, subscriber, { action: 'webhook_resumed', detail: { skipLost } }, () => resume(id, skipLost));
    logger.info({ caller: loggedName(caller), subscriber: id, state, skipLost }, 'a subscriber was changed');
    return webhookValue(await ofCaller(id, caller));
  });

  app.delete(`${PATH}/${ID_IN_PATH}`, { schema: REMOVE_WEBHOOK, config }, async (request) => {
    const { params, caller } = request;
    const { id } = params;
    demandManaging(manage);
    const subscriber = await ofCaller(id, caller);
    await audited(request, subscriber, { action: 'webhook_removed' }, () => demandFound(store.remove(id)));
    logger.info({ caller: loggedName(caller), subscriber: id }, 'a subscriber was removed');
    return { removed: id };
  });

  app.post(`${PATH}/${ID_IN_PATH}/secrets`, { schema: ROTATE_SECRET, config }, async (request, reply) => {
    const { params, body, caller } = request;
    const { id } = params;
    const { newSecret } = demandManaging(manage);
    const subscriber = await ofCaller(id, caller);
    const secret = newSecret();
    const overlap = body.overlap === undefined ? OVERLAP : (parseDuration(body.overlap) ?? 0);
    await audited(request, subscriber, { action: 'webhook_secret_rotated', detail: { overlap } }, async () => {
      await demandFound(store.rotate(id, secret, overlap));
    });
    logger.info({ caller: loggedName(caller), subscriber: id }, 'the secret of a subscriber was rotated');
    return reply.code(201).send({ secret });
  });

  app.post(`${PATH}/${ID_IN_PATH}/test`, { schema: TEST_WEBHOOK, config }, async ({ params: { id }, caller }) => {
    const { byHand: hand, newId } = demandManaging(manage);
    const subscriber = await ofCaller(id, caller);
    const messageId = newId().replace('wh_', 'msg_test_');
    const tenant = subscriber.tenant === EVERY_TENANT ? 'default' : subscriber.tenant;
    const body = { version: 1, id: messageId, type: 'test', tenant, recordedAt: formatTime(time.now()) };
    return byHand(
      () => hand.test(subscriber, messageId, body),
      () => new Problem(404, 'There is no webhook with this id.'),
    );
  });

  app.get(`${PATH}/${ID_IN_PATH}/deliveries`, { schema: LIST_DELIVERIES, config }, async ({ params: { id }, query, caller }) => {
    await ofCaller(id, caller);
    return { items: (await store.tries(id, query.limit ?? DEFAULT_LIMIT)).map(deliveryValue) };
  });

  const resendPath = `${PATH}/${ID_IN_PATH}/deliveries/:delivery/resend`;
  app.post(resendPath, { schema: RESEND_DELIVERY, config }, async (request) => {
    const { params, caller } = request;
    const { id, delivery } = params;
    const { byHand: hand } = demandManaging(manage);
    const resend: typeof hand.resend = async (...of) => {
      try {
        return await hand.resend(...of);
      } catch (error) {
        if (!(error instanceof FeedGapError)) throw error;
        throw new Problem(410, 'Its changes were deleted by age.');
      }
    };
    const subscriber = await ofCaller(id, caller);
    const earlier = await store.tryOf(id, delivery);
    if (earlier === null) throw new Problem(404, 'There is no delivery with this id: 20 of each partition are kept.');
    if (earlier.partition === null) throw new Problem(409, 'This was a test, which has no changes.');
    return await audited(request, subscriber, { action: 'webhook_resent', detail: { delivery } }, () =>
      byHand(
        () => resend(subscriber, earlier),
        () => new Problem(410, 'Nothing of it is left: its recipients were erased.'),
      ),
    );
  });
}

/** @throws Problem 404 when somebody removed it meanwhile */
async function demandFound(found: Promise<boolean>): Promise<void> {
  if (!(await found)) throw new Problem(404, 'There is no webhook with this id.');
}

/** @throws Problem 503 in a process that only reads */
function demandManaging(manage: ManageSubscribers | undefined): ManageSubscribers {
  if (manage === undefined) throw readsOnly();
  return manage;
}

function refuseUrl(wrong: string | undefined): void {
  if (wrong !== undefined) throw badRequest([{ detail: `url: ${wrong}`, pointer: '#/url' }]);
}

function maySee(caller: Caller, { tenant }: Pick<ListedSubscriber, 'tenant'>): boolean {
  return tenant === EVERY_TENANT ? caller.tenants === '*' : mayUse(caller, tenant);
}

export function webhookValue(subscriber: ListedSubscriber): Webhook {
  const { tenant, types, state, failingSince, nextTryAt, deliveredAt, createdAt, changedAt, ...rest } = subscriber;
  const isFailing = state === 'active' && failingSince !== null;
  return {
    ...rest,
    tenant: tenant === EVERY_TENANT ? null : tenant,
    types: types === null ? null : [...types],
    state: isFailing ? 'failing' : state,
    failingSince: when(failingSince),
    nextTryAt: when(nextTryAt),
    lastDeliveredAt: when(deliveredAt),
    createdAt: formatTime(createdAt),
    changedAt: formatTime(changedAt),
  };
}

function deliveryValue({
  id,
  kind,
  messageId,
  at,
  attempt,
  status,
  problem,
  duration,
  changes,
  partition,
  incarnation,
  after,
  upTo,
}: NotedTry): Delivery {
  const numberAt = (place: number): number | null => (partition === null ? null : sequenceAt(partition, incarnation, place).number);
  return {
    ...{ id, kind, webhookId: messageId, at: formatTime(at), attempt, status, problem, milliseconds: duration, changes, partition },
    ...{ from: numberAt(after + 1), to: numberAt(upTo) },
  };
}
