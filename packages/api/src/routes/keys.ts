/** `/v1/keys`: API keys of the database. Whoever makes a key gives no more than the calling key has. */
import { randomBytes } from 'node:crypto';
import { formatTime, parseDuration, parseTime } from '@desist/formats/event';
import type { KeyStore, StoredKey } from '@desist/pipeline';
import { isAdministrator } from '@desist/pipeline';
import { entryOf } from '../audit.ts';
import type { Act } from '../audit.ts';
import type { Caller } from '../http/access.ts';
import { loggedName, mayUse, signedBy } from '../http/access.ts';
import type { HttpApp } from '../http/app.ts';
import { Problem } from '../http/problem.ts';
import { bodyOrNothing, badRequest } from '../http/validation.ts';
import type { KeyDirectory } from '../key-directory.ts';
import { hashOfKey, newSecret } from '../keys.ts';
import type { ApiOptions } from '../options.ts';
import { DEFAULT_LIMIT } from '../schemas/basics.ts';
import { CREATE_KEY, END_KEY, LIST_KEYS, ROTATE_KEY, ROTATION } from '../schemas/keys.ts';
import type { Key } from '../schemas/keys.ts';
import { when } from '../values.ts';
import { demandWriting } from './append.ts';

export async function keyRoutes(app: HttpApp, options: ApiOptions, directory: KeyDirectory): Promise<void> {
  const { keyStore: keys, time, logger } = options;
  if (keys === undefined) return;
  const config = { role: 'operator' } as const;

  app.get('/v1/keys', { schema: LIST_KEYS, config }, async ({ query, caller }) => {
    const { cursor, limit = DEFAULT_LIMIT } = query;
    const tenants = caller.tenants === '*' ? {} : { tenants: caller.tenants };
    const page = await keys.keys({ ...tenants, ...(cursor === undefined ? {} : { cursor }), limit });
    const configured = cursor === undefined ? directory.configured.filter((key) => covers(caller, listed(key.tenants))) : [];
    return {
      items: page.items.map(keyValue),
      configured: configured.map(({ name, roles, tenants: of }) => ({ name, roles: [...roles], tenants: copied(listed(of)) })),
      cursor: page.cursor,
    };
  });

  app.post('/v1/keys', { schema: CREATE_KEY, config }, async (request, reply) => {
    demandWriting(options);
    const { body, caller } = request;
    const now = time.now();
    const tenants = body.tenants === null ? null : [...new Set(body.tenants)].sort();
    const expiresAt = typeof body.expiresAt === 'string' ? (parseTime(body.expiresAt) ?? null) : null;
    if (expiresAt !== null && expiresAt <= now) throw badRequest([{ detail: 'expiresAt: must be in the future', pointer: '#/expiresAt' }]);
    const roles = [...new Set(body.roles)];
    if (!covers(caller, tenants)) {
      throw new Problem(
        403,
        tenants === null ? 'tenants: only a key of every tenant makes one of every tenant.' : 'tenants: this key is for other tenants.',
      );
    }
    if (caller.id === null && (!isAdministrator({ roles, tenants }) || expiresAt !== null)) {
      const wanted =
        'an operator of every tenant that does not expire: from now on every call needs a key, and nobody could make another one';
      throw new Problem(409, `The first key must be ${wanted}.`);
    }
    const secret = newSecret();
    const made = {
      ...{ id: `key_${randomBytes(10).toString('hex')}`, name: body.name, roles, tenants },
      ...{ createdAt: now, createdBy: signedBy(body.by, caller), expiresAt },
    };
    const outcome = await keys.makeKey({ ...made, hash: hashOfKey(secret) }, entryOf(request, actOf('key_made', made, body.by), now));
    if (outcome === 'name_taken') throw new Problem(409, 'A key of the same tenants has this name: rotate it, or end it first.');
    if (outcome === 'too_many') throw new Problem(409, 'There are as many keys as a service may have. End some that are not used.');
    logger.info({ caller: loggedName(caller), key: made.id, tenants, roles }, 'an API key was made');
    await known(directory);
    return reply.code(201).send({ key: secret, ...keyValue({ ...made, rotatedAt: null, endedAt: null, lastUsedAt: null }) });
  });

  const rotating = { schema: ROTATE_KEY, config, preValidation: bodyOrNothing };
  app.post('/v1/keys/:id/rotate', rotating, async (request) => {
    demandWriting(options);
    const { params, body, caller } = request;
    const key = await find(keys, params.id, caller);
    const now = time.now();
    const until = now + (parseDuration(body.overlap ?? ROTATION.usual) ?? 0);
    const secret = newSecret();
    const { id } = key;
    const entry = entryOf(request, actOf('key_rotated', key, body.by), now);
    const rotated = await keys.rotateKey(id, { hash: hashOfKey(secret), at: now, until }, entry);
    if (rotated === 'too_many') {
      throw new Problem(
        409,
        'Too many earlier secrets of this key are still valid. Rotate it with the overlap 0s, which ends all of them.',
      );
    }
    if (rotated === null) throw unknownKey();
    logger.info({ caller: loggedName(caller), key: id }, 'an API key was rotated');
    await known(directory);
    return { key: secret, ...keyValue(rotated), earlierUntil: formatTime(until) };
  });

  app.delete('/v1/keys/:id', { schema: END_KEY, config }, async (request) => {
    demandWriting(options);
    const { params, caller } = request;
    const key = await find(keys, params.id, caller);
    const { id } = key;
    const isAnother = directory.configured.some((key) => isAdministrator({ ...key, tenants: listed(key.tenants) }));
    const now = time.now();
    const ended = await keys.endKey(id, now, !isAnother, entryOf(request, actOf('key_ended', key), now));
    if (ended === 'last') {
      throw new Problem(
        409,
        'This is the last key that may make keys of every tenant. Make another one first, or configure one (DESIST_API_KEYS).',
      );
    }
    if (ended === null) throw unknownKey();
    logger.info({ caller: loggedName(caller), key: id }, 'an API key was ended');
    await known(directory);
    return keyValue(ended);
  });
}

/** A key of one tenant is the business of that tenant, one of several or all that of the installation. */
function actOf(
  action: string,
  { id, name, roles, tenants }: Pick<StoredKey, 'id' | 'name' | 'roles' | 'tenants'>,
  by?: string | null,
): Act {
  const tenant = tenants?.length === 1 ? (tenants[0] ?? null) : null;
  return { action, tenant, target: id, by, detail: { name, roles, tenants } };
}

/** This process accepts what was just made, and refuses what was just ended; others follow. */
async function known(directory: KeyDirectory): Promise<void> {
  // It is done, whether the copy could be read or not.
  await directory.refresh().catch(() => undefined);
}

/** A key that the caller may see and change: it gives no more than the caller has. @throws Problem 404 */
async function find(keys: KeyStore, id: string, caller: Caller): Promise<StoredKey> {
  const key = /^key_[0-9a-f]{20}$/.test(id) ? await keys.key(id) : null;
  if (key === null || key.endedAt !== null || !covers(caller, key.tenants)) throw unknownKey();
  return key;
}

function unknownKey(): Problem {
  return new Problem(404, 'There is no key with this id, or it has ended.');
}

/** Does the caller have all of these tenants? Null: every tenant. Roles need no look, because an operator has all of them. */
function covers(caller: Caller, tenants: readonly string[] | null): boolean {
  return tenants === null ? caller.tenants === '*' : tenants.every((tenant) => mayUse(caller, tenant));
}

function listed(tenants: readonly string[] | '*'): readonly string[] | null {
  return tenants === '*' ? null : tenants;
}

function copied(tenants: readonly string[] | null): string[] | null {
  return tenants === null ? null : [...tenants];
}

function keyValue({ id, name, roles, tenants, createdBy, ...moments }: StoredKey): Key {
  return {
    ...{ id, name, roles: [...roles], tenants: copied(tenants), createdBy },
    createdAt: formatTime(moments.createdAt),
    expiresAt: when(moments.expiresAt),
    rotatedAt: when(moments.rotatedAt),
    endedAt: when(moments.endedAt),
    lastUsedAt: when(moments.lastUsedAt),
  };
}
