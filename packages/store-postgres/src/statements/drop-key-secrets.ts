/** Drops the secrets of a key that end at a moment or before. Locks them; index api_key_secret_key. */
import { statement } from '@desist/postgres';
import type { Slots } from '@desist/postgres';

export const dropKeySecrets = statement('drop_key_secrets', (db, { id, at }: Slots<{ id: string; at: number }>) =>
  db.deleteFrom('desist.api_key_secret').where('key_id', '=', id).where('until_at', '<=', at),
);
