/** What holds now, of many recipients, in little memory: about as much as key and value have letters. */
import { normaliseAddress } from './address.ts';
import type { Allowance, Decision, SuppressionTerms } from './terms.ts';
import { decodeObject, MAY_BE_OVERRIDDEN } from './terms.ts';
import type { Suppressions } from './terms.ts';

export interface Held {
  readonly recipientVersion: number;
  readonly suppressions: readonly SuppressionTerms[];
  readonly allowed: readonly Allowance[];
}

export interface Table {
  /** One record of the compacted topic. Answers whether it could be read. */
  apply(key: string, value: Uint8Array | null): boolean;
  find(tenant: string, address: string): Held | undefined;
  check(recipient: string, options?: { readonly tenant?: string; readonly stream?: string; readonly now?: number }): Decision;
  size(): number;
  /** For a copy on disk. */
  entries(): IterableIterator<[string, string]>;
  put(key: string, packed: string): void;
}

const MEMBERS = ['tenant', 'recipient', 'recipientVersion', 'suppressions', 'allowed'];
const NOBODY: Decision = { allowed: true, reasons: [], expiresAt: null };
/** Letters of the frequent words; other words stand for themselves. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ['persistent_deferral', 'p'],
  ['hard_bounce', 'h'],
  ['complaint', 'c'],
  ['unsubscribe', 'u'],
  ['operator', 'o'],
]);
const LONG: ReadonlyMap<string, string> = new Map([...SHORT].map(([long, short]) => [short, long]));

export function createTable(): Table {
  const held = new Map<string, string>();
  return {
    apply(key, value) {
      if (value === null) {
        held.delete(key);
        return true;
      }
      const now = decodeObject(value, MEMBERS) as Suppressions | undefined;
      if (now === undefined) return false;
      held.set(key, pack(now));
      return true;
    },
    find(tenant, address) {
      const packed = held.get(`${tenant}/${address}`);
      return packed === undefined ? undefined : unpack(packed);
    },
    check(recipient, { tenant = 'default', stream = 'default', now = Date.now() } = {}) {
      const normalised = normaliseAddress(recipient);
      if (!normalised.ok) return { allowed: false, reasons: ['invalid_address'], expiresAt: null };
      const packed = held.get(`${tenant}/${normalised.address}`);
      return packed === undefined ? NOBODY : decidePacked(packed, stream, now);
    },
    size: () => held.size,
    entries: () => held.entries(),
    put: (key, packed) => void held.set(key, packed),
  };
}

/** `version;scope reason since expires;…;+scope expires`: names have no blanks and no semicolons. Flat, as one-byte text. */
function pack({ recipientVersion, suppressions, allowed }: Held): string {
  const parts = [
    recipientVersion.toString(36),
    ...suppressions.map(
      ({ scope, reason, since, expiresAt }) => `${scope} ${SHORT.get(reason) ?? reason} ${short(since)} ${short(expiresAt)}`,
    ),
    ...allowed.map(({ scope, expiresAt }) => `+${scope} ${short(expiresAt)}`),
  ];
  return Buffer.from(parts.join(';'), 'latin1').toString('latin1');
}

function unpack(packed: string): Held {
  const [version = '0', ...parts] = packed.split(';');
  const suppressions: SuppressionTerms[] = [];
  const allowed: Allowance[] = [];
  for (const part of parts) {
    const [scope = '', second = '', third = '', fourth = ''] = part.split(' ');
    if (scope.startsWith('+')) allowed.push({ scope: scope.slice(1), expiresAt: long(second) });
    else suppressions.push({ scope, reason: LONG.get(second) ?? second, since: long(third) ?? '', expiresAt: long(fourth) });
  }
  return { recipientVersion: parseInt(version, 36), suppressions, allowed };
}

/** As `decide` of what is unpacked, without unpacking: most of a check's time would go into dates that nobody looks at. */
function decidePacked(packed: string, stream: string, now: number): Decision {
  const reasons: string[] = [];
  const overridable: string[] = [];
  let overridden = false;
  let last = Number.NEGATIVE_INFINITY;
  let lastOverridable = Number.NEGATIVE_INFINITY;
  const parts = packed.split(';');
  for (let index = 1; index < parts.length; index += 1) {
    const [scope = '', second = '', , fourth = ''] = (parts[index] as string).split(' ');
    const allowance = scope.startsWith('+');
    const of = allowance ? scope.slice(1) : scope;
    const expiresAt = moment(allowance ? second : fourth);
    if ((of !== '*' && of !== stream) || expiresAt <= now) continue;
    if (allowance) {
      overridden = true;
      continue;
    }
    const reason = LONG.get(second) ?? second;
    if (MAY_BE_OVERRIDDEN.has(reason)) {
      overridable.push(reason);
      lastOverridable = Math.max(lastOverridable, expiresAt);
    } else {
      last = Math.max(last, expiresAt);
    }
    reasons.push(reason);
  }
  const forbidding = overridden ? reasons.filter((reason) => !overridable.includes(reason)) : reasons;
  const end = overridden ? last : Math.max(last, lastOverridable);
  return {
    allowed: forbidding.length === 0,
    reasons: [...new Set(forbidding)],
    expiresAt: Number.isFinite(end) ? new Date(end).toISOString() : null,
  };
}

function moment(text: string): number {
  return text === '-' || text === '' ? Number.POSITIVE_INFINITY : parseInt(text, 36);
}

function short(time: string | null): string {
  return time === null ? '-' : Date.parse(time).toString(36);
}

function long(text: string): string | null {
  return text === '-' || text === '' ? null : new Date(parseInt(text, 36)).toISOString();
}
