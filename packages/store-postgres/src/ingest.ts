/** How far provider topics were taken over, and who messages went to. */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { FeedPositions, MessageMemory, RememberedMessage } from '@desist/pipeline';
import type { Database } from './database.ts';

export function createFeedPositions(db: Database): FeedPositions {
  return {
    async claim(feed, partition, owner) {
      const [row] = await db.query(
        `insert into desist.feed_position as p (feed, partition, epoch, owner) values ($1, $2, 1, $3)
         on conflict (feed, partition) do update set epoch = p.epoch + 1, owner = $3, updated_at = now()
         returning epoch, next_offset, state`,
        [feed, partition, owner],
      );
      const state = row?.['state'] as string | null;
      return {
        epoch: Number(row?.['epoch']),
        nextOffset: offsetOf(row?.['next_offset']),
        state: state === null ? null : (JSON.parse(state) as unknown),
      };
    },

    async position(feed, partition) {
      const [row] = await db.query('select epoch, next_offset from desist.feed_position where feed = $1 and partition = $2', [
        feed,
        partition,
      ]);
      return row === undefined ? null : { epoch: Number(row['epoch']), nextOffset: offsetOf(row['next_offset']) };
    },

    async advance(feed, partition, { epoch, fromOffset, nextOffset, state }) {
      const moved = await db.query(
        `update desist.feed_position set next_offset = $5, state = $6, updated_at = now()
         where feed = $1 and partition = $2 and epoch = $3 and next_offset is not distinct from $4::bigint returning epoch`,
        [feed, partition, epoch, fromOffset, nextOffset, state === null || state === undefined ? null : JSON.stringify(state)],
      );
      return moved.length === 1 ? 'committed' : 'fenced';
    },
  };
}

function offsetOf(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** ms. A report about a message comes within days. */
export const MEMORY_KEPT_FOR = 14 * 86_400_000;
/** So many are forgotten with each page that is remembered, once they are old: faster than they come. */
const FORGOTTEN_AT_ONCE = 2_000;
const PAGE = 1_000;

/**
 * What is kept of a message is sealed with its own id, which stands here as a hash only: whoever reads the table learns no address,
 * whoever brings a report about a message learns to whom that one went. `now`: ms since the epoch.
 */
export function createMessageMemory(db: Database, options: { readonly now: () => number; readonly keptFor?: number }): MessageMemory {
  const { now, keptFor = MEMORY_KEPT_FOR } = options;

  async function page(messages: readonly RememberedMessage[]): Promise<void> {
    const rows = new Map<string, Sealed>();
    for (const message of messages) {
      const sealed = seal(message);
      const before = rows.get(sealed.name);
      // The same statement must not touch a row twice.
      rows.set(sealed.name, before === undefined || before.mark === sealed.mark ? sealed : { ...sealed, several: true });
    }
    const sorted = [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    await db.query(
      `insert into desist.message_memory as m (name, mark, sealed, several, kept_until)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::bigint[])
       on conflict (name) do update set several = m.several or excluded.several or m.mark <> excluded.mark
       where not m.several and (excluded.several or m.mark <> excluded.mark)`,
      [
        sorted.map(({ name }) => name),
        sorted.map(({ mark }) => mark),
        sorted.map(({ sealed }) => sealed),
        sorted.map(({ several }) => several),
        sorted.map(() => now() + keptFor),
      ],
    );
  }

  return {
    async remember(messages) {
      for (let from = 0; from < messages.length; from += PAGE) await page(messages.slice(from, from + PAGE));
      await db.query(
        'delete from desist.message_memory where name in (select name from desist.message_memory where kept_until < $1 order by kept_until limit $2)',
        [now(), FORGOTTEN_AT_ONCE],
      );
    },

    async recall(tenant, keys) {
      const names = keys.map((key) => secretsOf(tenant, key).name);
      const rows = await db.query(
        'select name, sealed from desist.message_memory where name = any($1::text[]) and not several and kept_until >= $2',
        [names, now()],
      );
      const known = new Map(rows.map((row) => [row['name'] as string, row['sealed'] as string]));
      return keys.map((key, index) => {
        const sealed = known.get(names[index] as string);
        return sealed === undefined ? undefined : open(tenant, key, sealed);
      });
    },
  };
}

interface Sealed {
  readonly name: string;
  /** Equal for equal recipients of the message. */
  readonly mark: string;
  readonly sealed: string;
  readonly several: boolean;
}

interface Secrets {
  readonly name: string;
  readonly key: Buffer;
}

/** Where a message stands, and what seals it: two values that do not follow from one another. */
function secretsOf(tenant: string, key: string): Secrets {
  const derive = (purpose: string): Buffer =>
    createHmac('sha256', JSON.stringify([tenant, key]))
      .update(purpose)
      .digest();
  return { name: derive('desist message name').toString('base64url'), key: derive('desist message seal') };
}

function seal({ tenant, key, recipient, messageId }: RememberedMessage): Sealed {
  const secrets = secretsOf(tenant, key);
  const mark = createHmac('sha256', secrets.key).update(recipient).digest();
  // The nonce follows from the content: equal content under one key is the same text, and nothing else is ever sealed with it.
  const content = JSON.stringify({ recipient, messageId });
  const nonce = createHmac('sha256', secrets.key).update('nonce').update(content).digest().subarray(0, 12);
  const cipher = createCipheriv('aes-256-gcm', secrets.key, nonce);
  const sealed = Buffer.concat([nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  return { name: secrets.name, mark: mark.toString('base64url'), sealed: sealed.toString('base64'), several: false };
}

function open(tenant: string, key: string, text: string): { readonly recipient: string; readonly messageId: string } | undefined {
  try {
    const sealed = Buffer.from(text, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', secretsOf(tenant, key).key, sealed.subarray(0, 12));
    decipher.setAuthTag(sealed.subarray(-16));
    const content = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString('utf8');
    return JSON.parse(content) as { recipient: string; messageId: string };
  } catch {
    return undefined;
  }
}
