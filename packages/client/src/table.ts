/** The current suppressions of many recipients in a compact form: about one byte per character of key and packed value. */
import { domainEntriesOf, normaliseRecipient } from './address.ts';
import type { Allowance, Decision, SuppressionTerms } from './terms.ts';
import { decodeObject, MAY_BE_OVERRIDDEN } from './terms.ts';
import type { Suppressions } from './terms.ts';

export interface TableEntry {
  readonly recipientVersion: number;
  readonly suppressions: readonly SuppressionTerms[];
  readonly allowed: readonly Allowance[];
}

export interface Table {
  /**
   * Applies one record of the compacted topic. The record with the highest (incarnation, version) of a key wins; an older one that
   * arrives later is ignored. The versions of the latest 100,000 tombstones are kept for this. Returns false if the record could not be
   * decoded.
   */
  apply(key: string, value: Uint8Array | null, headers?: RecordHeaders): boolean;
  find(tenant: string, address: string): TableEntry | undefined;
  check(recipient: string, options?: { readonly tenant?: string; readonly stream?: string; readonly now?: number }): Decision;
  size(): number;
  /** Entries for a saved file: current suppressions and the versions of tombstones, in packed form. */
  entries(): readonly (readonly [string, string])[];
  put(key: string, packed: string): void;
}

/** Headers of a Kafka record. Only `version` and `incarnation` are read. */
export type RecordHeaders = Readonly<Record<string, unknown>>;

/** Orders the records of one key: first by incarnation, then by version. */
interface RecordVersion {
  /** Rises each time the database was restored to an earlier state. */
  readonly incarnation: number;
  readonly version: number;
}

/** Maximum number of tombstones whose version is kept; each takes about 100 bytes. */
const TOMBSTONES = 100_000;
/** Prefix that marks the packed entry of a tombstone. */
const TOMBSTONE_MARK = '-';

const MEMBERS = ['tenant', 'recipient', 'recipientVersion', 'suppressions', 'allowed'];
const NOBODY: Decision = { allowed: true, reasons: [], expiresAt: null };
/** One-letter codes of the frequent reasons; other reasons are stored in full. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ['persistent_deferral', 'p'],
  ['hard_bounce', 'h'],
  ['complaint', 'c'],
  ['unsubscribe', 'u'],
  ['operator', 'o'],
]);
const LONG: ReadonlyMap<string, string> = new Map([...SHORT].map(([long, short]) => [short, long]));

export function createTable(): Table {
  const packedByKey = new Map<string, string>();
  /** Versions of tombstones in packed form, the most recent last. */
  const tombstones = new Map<string, string>();
  /** How many of the keys are entries of domains: while there is none, a check looks for none. */
  let domains = 0;

  function set(key: string, packed: string): void {
    if (isOfDomain(key) && !packedByKey.has(key)) domains += 1;
    packedByKey.set(key, packed);
  }

  function isOlder(place: RecordVersion, key: string): boolean {
    const packed = packedByKey.get(key) ?? tombstones.get(key);
    if (packed === undefined) return false;
    const known = unpackVersion(packed);
    return place.incarnation < known.incarnation || (place.incarnation === known.incarnation && place.version < known.version);
  }

  function rememberTombstone(key: string, packed: string): void {
    tombstones.delete(key);
    tombstones.set(key, packed);
    const [oldest] = tombstones.keys();
    if (tombstones.size > TOMBSTONES && oldest !== undefined) tombstones.delete(oldest);
  }

  return {
    apply(key, value, headers = {}) {
      const incarnation = numberOf(headers['incarnation']) ?? 0;
      if (value === null) {
        const version = numberOf(headers['version']);
        if (version !== undefined && isOlder({ incarnation, version }, key)) return true;
        if (packedByKey.delete(key) && isOfDomain(key)) domains -= 1;
        if (version !== undefined) rememberTombstone(key, packVersion({ incarnation, version }));
        return true;
      }
      const now = decodeObject(value, MEMBERS) as Suppressions | undefined;
      if (now === undefined) return false;
      const place = { incarnation, version: now.recipientVersion };
      if (isOlder(place, key)) return true;
      tombstones.delete(key);
      set(key, pack(now, place));
      return true;
    },
    find(tenant, address) {
      const packed = packedByKey.get(`${tenant}/${address}`);
      return packed === undefined ? undefined : unpack(packed);
    },
    check(recipient, { tenant = 'default', stream = 'default', now = Date.now() } = {}) {
      const normalised = normaliseRecipient(recipient);
      if (!normalised.ok) return { allowed: false, reasons: ['invalid_address'], expiresAt: null };
      const packed = packedByKey.get(`${tenant}/${normalised.address}`);
      if (packed === undefined && domains === 0) return NOBODY;
      const found = newFindings();
      if (packed !== undefined) findIn(packed, { stream, now }, found);
      if (domains > 0) {
        const own = `@${normalised.domain}`;
        for (const entry of domainEntriesOf(normalised.address)) {
          const above = packedByKey.get(`${tenant}/${entry}`);
          if (above !== undefined) findIn(above, { stream, now, entry, isAbove: entry !== own }, found);
        }
      }
      return decisionOf(found);
    },
    size: () => packedByKey.size,
    entries: () => [...packedByKey, ...[...tombstones].map(([key, packed]) => [key, TOMBSTONE_MARK + packed] as const)],
    put(key, packed) {
      if (packed.startsWith(TOMBSTONE_MARK)) rememberTombstone(key, packed.slice(TOMBSTONE_MARK.length));
      else set(key, packed);
    },
  };
}

function isOfDomain(key: string): boolean {
  return key[key.indexOf('/') + 1] === '@';
}

/** Parses a non-negative integer header, which Kafka delivers as bytes. */
function numberOf(header: unknown): number | undefined {
  const text = typeof header === 'string' ? header : header instanceof Uint8Array ? Buffer.from(header).toString('latin1') : '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** `version` or `version.incarnation`. */
function packVersion({ incarnation, version }: RecordVersion): string {
  return incarnation === 0 ? version.toString(36) : `${version.toString(36)}.${incarnation.toString(36)}`;
}

function unpackVersion(packed: string): RecordVersion {
  const end = packed.indexOf(';');
  const [version = '0', incarnation = '0'] = (end === -1 ? packed : packed.slice(0, end)).split('.');
  return { version: parseInt(version, 36), incarnation: parseInt(incarnation, 36) };
}

/**
 * Packs to `place;scope reason since expires;…;+scope expires`, with ` s` behind an entry that holds for subdomains; names contain no blanks and no semicolons. The round trip through Buffer
 * yields a flat string of one byte per character.
 */
function pack({ suppressions, allowed }: TableEntry, place: RecordVersion): string {
  const parts = [
    packVersion(place),
    ...suppressions.map(
      ({ scope, reason, since, expiresAt, subdomains }) =>
        `${scope} ${SHORT.get(reason) ?? reason} ${short(since)} ${short(expiresAt)}${subdomains === true ? ' s' : ''}`,
    ),
    ...allowed.map(({ scope, expiresAt }) => `+${scope} ${short(expiresAt)}`),
  ];
  return Buffer.from(parts.join(';'), 'latin1').toString('latin1');
}

function unpack(packed: string): TableEntry {
  const [, ...parts] = packed.split(';');
  const suppressions: SuppressionTerms[] = [];
  const allowed: Allowance[] = [];
  for (const part of parts) {
    const [scope = '', second = '', third = '', fourth = '', fifth] = part.split(' ');
    if (scope.startsWith('+')) allowed.push({ scope: scope.slice(1), expiresAt: long(second) });
    else {
      const terms = { scope, reason: LONG.get(second) ?? second, since: long(third) ?? '', expiresAt: long(fourth) };
      suppressions.push(fifth === 's' ? { ...terms, subdomains: true } : terms);
    }
  }
  return { recipientVersion: unpackVersion(packed).version, suppressions, allowed };
}

/** What was found against an address, in its own entry and in those of its domains. */
interface Findings {
  readonly reasons: string[];
  readonly overridable: Set<string>;
  overridden: boolean;
  /** When the last one expires, ms: of those that no allowance overrides, and of the others. */
  last: number;
  lastOverridable: number;
}

interface Looked {
  readonly stream: string;
  readonly now: number;
  /** The entry of a domain that this is. */
  readonly entry?: string;
  /** It is of a domain above: only what holds for subdomains counts. */
  readonly isAbove?: boolean;
}

function newFindings(): Findings {
  const never = Number.NEGATIVE_INFINITY;
  return { reasons: [], overridable: new Set(), overridden: false, last: never, lastOverridable: never };
}

/** Same result as `decide` on the unpacked entry. It reads the packed form directly, because parsing unused dates would dominate a check's cost. */
function findIn(packed: string, { stream, now, entry, isAbove = false }: Looked, found: Findings): void {
  const parts = packed.split(';');
  for (let index = 1; index < parts.length; index += 1) {
    const [scope = '', second = '', , fourth = '', fifth] = (parts[index] as string).split(' ');
    const allowance = scope.startsWith('+');
    const of = allowance ? scope.slice(1) : scope;
    const expiresAt = moment(allowance ? second : fourth);
    if ((of !== '*' && of !== stream) || expiresAt <= now || (isAbove && fifth !== 's')) continue;
    if (allowance) {
      // An allowance is of an address: domains have none.
      if (entry === undefined) found.overridden = true;
      continue;
    }
    const reason = LONG.get(second) ?? second;
    if (entry === undefined && MAY_BE_OVERRIDDEN.has(reason)) {
      found.overridable.add(reason);
      found.lastOverridable = Math.max(found.lastOverridable, expiresAt);
    } else {
      found.last = Math.max(found.last, expiresAt);
    }
    found.reasons.push(entry === undefined ? reason : `${reason} ${entry}`);
  }
}

function decisionOf({ reasons, overridable, overridden, last, lastOverridable }: Findings): Decision {
  const forbidding = overridden ? reasons.filter((reason) => !overridable.has(reason)) : reasons;
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
