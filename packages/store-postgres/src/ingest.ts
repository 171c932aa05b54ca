/** How far provider topics were taken over, and who messages went to. */
import type { Address, Tenant } from '@desist/domain';
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { FeedPositions, MessageMemory, RememberedMessage } from '@desist/pipeline';
import type { Database } from '@desist/postgres';
import { advanceFeed } from './statements/advance-feed.ts';
import { claimFeed } from './statements/claim-feed.ts';
import { dropOldMessages } from './statements/drop-old-messages.ts';
import { findFeedPosition } from './statements/find-feed-position.ts';
import { recallMessages } from './statements/recall-messages.ts';
import { rememberMessages } from './statements/remember-messages.ts';

export function createFeedPositions(db: Database): FeedPositions {
  return {
    async claim(feed, partition, owner) {
      const claimed = await claimFeed.first(db, { feed, partition, owner });
      if (claimed === undefined) throw new Error('an insert or update answered no row');
      const { epoch, nextOffset, state } = claimed;
      return { epoch, nextOffset, state: state === null ? null : (JSON.parse(state) as unknown) };
    },

    async position(feed, partition) {
      return (await findFeedPosition.first(db, { feed, partition })) ?? null;
    },

    async advance(feed, partition, { state, ...move }) {
      const text = state === null || state === undefined ? null : JSON.stringify(state);
      const moved = await advanceFeed.run(db, { feed, partition, ...move, state: text });
      return moved.length === 1 ? 'committed' : 'fenced';
    },
  };
}

/** ms. A report about a message comes within days. */
export const MEMORY_KEPT_FOR = 14 * 86_400_000;
/** Old rows deleted with each page that is remembered: more than are added. */
const FORGOTTEN_AT_ONCE = 2_000;
const PAGE = 1_000;

/**
 * What is kept of a message is sealed with its own id, of which the table has only a hash: reading the table shows no address; a report
 * about a message finds its recipient. `now`: ms since the epoch.
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
    await rememberMessages.run(db, { rows: sorted.map((row) => ({ ...row, kept_until: now() + keptFor })) });
  }

  return {
    async remember(messages) {
      for (let from = 0; from < messages.length; from += PAGE) await page(messages.slice(from, from + PAGE));
      await dropOldMessages.run(db, { before: now(), limit: FORGOTTEN_AT_ONCE });
    },

    async recall(tenant, keys) {
      const names = keys.map((key) => secretsOf(tenant, key).name);
      const rows = await recallMessages.run(db, { names, now: now() });
      const known = new Map(rows.map(({ name, sealed }) => [name, sealed]));
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
function secretsOf(tenant: Tenant, key: string): Secrets {
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

function open(tenant: Tenant, key: string, text: string): { readonly recipient: Address; readonly messageId: string } | undefined {
  try {
    const sealed = Buffer.from(text, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', secretsOf(tenant, key).key, sealed.subarray(0, 12));
    decipher.setAuthTag(sealed.subarray(-16));
    const content = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString('utf8');
    return JSON.parse(content) as { recipient: Address; messageId: string };
  } catch {
    return undefined;
  }
}
