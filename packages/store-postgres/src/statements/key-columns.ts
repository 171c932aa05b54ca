/** The columns of a key, as `StoredKey`. */
import { sql } from 'kysely';

export const KEY_COLUMNS = sql`k.id, k.name, k.roles, k.tenants, k.created_at as "createdAt", k.created_by as "createdBy",
  k.expires_at as "expiresAt", k.rotated_at as "rotatedAt", k.ended_at as "endedAt", k.last_used_at as "lastUsedAt"`;
