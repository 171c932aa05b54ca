/**
 * A made world with known truth: mailboxes with hidden fates, and the log of a sender who stops for nobody. Whoever reads the log sees the
 * replies only; the world knows which mailboxes would have taken mail, and from when on.
 *
 *   desist's source folder$ node --conditions=source test/support/made-world.ts SEED [SIZE] > world.ndjson
 */
import { pathToFileURL } from 'node:url';
import { encodeEvent } from '@desist/formats/event';
import { asAddress, asTenant, DAY, HOUR, MINUTE } from '@desist/domain';
import type { DeliveryEvent } from '@desist/domain';

export const WORLD_START = Date.UTC(2026, 0, 5);
/** Days of the history; troubles begin in the first ones. */
const DAYS = 60;
const TROUBLE_BEGINS_WITHIN = 20;

/**
 * `cleared`: the mailbox is full for a while. `dead`: full for ever. `unknown`: its user does not exist any more. `blocked`: the provider refuses
 * the sender for a while. `down`: its server does not answer for a while. `greylisting`: each first attempt is deferred. `healthy`: takes mail.
 */
export type Fate = 'healthy' | 'greylisting' | 'cleared' | 'dead' | 'unknown' | 'blocked' | 'down';

export interface Mailbox {
  readonly address: string;
  readonly fate: Fate;
  /** From when it refuses, and from when on it takes mail again; ms. Infinity: never. */
  readonly from: number;
  readonly until: number;
}

export interface World {
  readonly mailboxes: readonly Mailbox[];
  /** In the order of time. */
  readonly events: readonly DeliveryEvent[];
  readonly end: number;
}

export interface WorldOptions {
  readonly seed: number;
  /** Mailboxes, in hundreds. */
  readonly size?: number;
  /** Share of the mailboxes to which the sender stops writing some day, for reasons of its own. */
  readonly abandoned?: number;
}

/** Of a hundred mailboxes. */
const SHARES: readonly (readonly [Fate, number])[] = [
  ['healthy', 26],
  ['greylisting', 8],
  ['cleared', 36],
  ['dead', 12],
  ['unknown', 4],
  ['blocked', 8],
  ['down', 6],
];
/** How long a full mailbox stays full, on the average; the times are distributed exponentially. */
const FULL_FOR = 5 * DAY;
/** The sender's server tries a message at these moments after it was sent, and gives up at the last one. */
const ATTEMPTS = [0, 15 * MINUTE, HOUR, 4 * HOUR, 10 * HOUR, 22 * HOUR, 34 * HOUR];
const GIVES_UP_AFTER = 46 * HOUR;

const REPLIES: Readonly<Record<Exclude<Fate, 'healthy'>, DeliveryEvent['smtp'] & object>> = {
  greylisting: { code: 451, enhanced: '4.7.1', text: 'Greylisting in action, please come back later' },
  cleared: { code: 452, enhanced: '4.2.2', text: 'The email account that you tried to reach is over quota' },
  dead: { code: 452, enhanced: '4.2.2', text: 'Mailbox full' },
  unknown: { code: 550, enhanced: '5.1.1', text: 'User unknown' },
  blocked: {
    code: 421,
    enhanced: '4.7.0',
    text: 'Our system has detected an unusual rate of mail from your IP address; temporarily blocked',
  },
  down: { code: 451, enhanced: '4.3.0', text: 'Temporary system problem. Try again later' },
};

export function madeWorld({ seed, size = 3, abandoned = 0 }: WorldOptions): World {
  const random = mulberry32(seed * 7_919 + 1);
  const end = WORLD_START + DAYS * DAY;
  const tenant = asTenant('default');
  const mailboxes: Mailbox[] = [];
  const events: DeliveryEvent[] = [];
  for (let i = 0; i < 100 * size; i += 1) {
    // By lot, so that one world differs from another as one sample of mailboxes does.
    const fate = fateOf(random());
    const from = WORLD_START + random() * TROUBLE_BEGINS_WITHIN * DAY;
    const domain = ['mail-one.example', 'mail-two.example'][i % 2] ?? '';
    mailboxes.push({ address: `${fate}-${i}@${domain}`, fate, from, until: from + lengthOf(fate, random()) });
  }
  for (const mailbox of mailboxes) {
    // Every mailbox has a rhythm of its own. Who will be abandoned, and when, has nothing to do with its fate.
    const every = (1 + 2 * random()) * DAY;
    const stops = random() < abandoned ? mailbox.from + random() * 30 * DAY : end;
    let count = 0;
    for (let sent = WORLD_START + random() * every; sent < Math.min(stops, end); sent += every) {
      send(mailbox, Math.floor(sent), (count += 1));
    }
  }
  events.sort((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1));
  return { mailboxes, events, end };

  /** One message until it is accepted, refused for good or given up. */
  function send({ address, fate, from, until }: Mailbox, sent: number, count: number): void {
    const base = {
      tenant,
      recipient: asAddress(address),
      stream: 'default',
      messageId: `${address}-${count}`,
      remoteHost: `mx.${address.split('@')[1] ?? ''}`,
    };
    const tell = (type: DeliveryEvent['type'], at: number, smtp?: DeliveryEvent['smtp']): void => {
      if (at < end)
        events.push({ ...base, id: `${address}-${count}-${at}-${type}`, type, occurredAt: at, ...(smtp === undefined ? {} : { smtp }) });
    };
    for (const [attempt, after] of ATTEMPTS.entries()) {
      const at = sent + after;
      const refuses = fate === 'greylisting' ? attempt === 0 : at >= from && at < until;
      if (!refuses) {
        tell('delivered', at);
        return;
      }
      const reply = REPLIES[fate as Exclude<Fate, 'healthy'>];
      tell((reply.code ?? 0) >= 500 ? 'bounced' : 'deferred', at, reply);
      if ((reply.code ?? 0) >= 500) return;
    }
    tell('expired', sent + GIVES_UP_AFTER);
  }
}

function fateOf(lot: number): Fate {
  let below = 0;
  for (const [fate, share] of SHARES) {
    below += share / 100;
    if (lot < below) return fate;
  }
  return 'healthy';
}

/** How long it refuses, ms. */
function lengthOf(fate: Fate, lot: number): number {
  const exponential = (mean: number): number => -mean * Math.log(1 - lot);
  switch (fate) {
    case 'cleared':
      return exponential(FULL_FOR);
    case 'blocked':
      return exponential(2 * DAY);
    case 'down':
      return DAY / 2;
    case 'dead':
    case 'unknown':
      return Number.POSITIVE_INFINITY;
    case 'healthy':
    case 'greylisting':
      return 0;
  }
}

/** Whether mail that is sent to this mailbox after `since` is taken within the window: the truth. */
export function wouldTakeMail({ fate, until }: Mailbox, since: number, window: number): boolean {
  return fate !== 'dead' && fate !== 'unknown' && until <= since + window;
}

function mulberry32(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [seed = '1', size = '3'] = process.argv.slice(2);
  const { events } = madeWorld({ seed: Number(seed), size: Number(size) });
  process.stdout.write(events.map((event) => `${encodeEvent(event).value}\n`).join(''));
}
