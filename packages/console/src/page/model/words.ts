/** The words that people read for the names that machines use. */
export type Tone = 'ok' | 'warn' | 'late' | 'bad' | 'note' | 'quiet';

export const STATES: Readonly<Record<string, { readonly name: string; readonly tone: Tone }>> = {
  healthy: { name: 'healthy', tone: 'ok' },
  deferred: { name: 'deferred', tone: 'warn' },
  persistent: { name: 'persistent', tone: 'late' },
  soft_bounced: { name: 'soft bounced', tone: 'late' },
  suppressed: { name: 'suppressed', tone: 'bad' },
};

export const REASONS: Readonly<Record<string, string>> = {
  persistent_deferral: 'persistent deferral',
  hard_bounce: 'hard bounce',
  complaint: 'complaint',
  unsubscribe: 'unsubscribe',
  operator: 'operator',
  invalid_address: 'not an address',
  unavailable: 'database unavailable',
};

export const FAULTS: Readonly<Record<string, string>> = {
  recipient: "the recipient's",
  system: "the receiving system's",
  sender: "the sender's",
  message: "the message's",
  greylisting: 'greylisting',
  local: 'the sending side',
  unknown: 'unknown',
};

/** What somebody did who gave proof of life. */
const ENGAGEMENTS: Readonly<Record<string, string>> = {
  click: 'clicked',
  reply: 'replied',
  login: 'logged in',
  confirmed: 'confirmed the address',
};

export function engagementText(kind: string): string {
  return ENGAGEMENTS[kind] ?? kind;
}

const CHANGES: Readonly<Record<string, string>> = {
  at_risk: 'at risk of suppression',
  soft_bounced: 'soft bounced',
  suppressed: 'suppressed',
  released: 'released',
  recovered: 'recovered',
  corrected: 'corrected',
  persistent: 'persistent',
  p50: 'median',
  p90: '90 %',
  p99: '99 %',
};

/** `mailbox_full` → `mailbox full`. */
export function words(name: string): string {
  return REASONS[name] ?? STATES[name]?.name ?? CHANGES[name] ?? name.replaceAll('_', ' ');
}

export function scopeName(scope: string): string {
  return scope === '*' ? 'every stream' : scope;
}

export function toneOf(name: string): Tone {
  if (name === 'recovered' || name === 'released' || name === 'delivered') return 'ok';
  if (name === 'at_risk') return 'late';
  return STATES[name]?.tone ?? 'quiet';
}

/** `1 address`, `2 addresses`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}

const numbers = new Intl.NumberFormat('en-GB');
const compactNumbers = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });

export function number(n: number): string {
  return numbers.format(n);
}

/** `12.3K`: for axes and tiles. */
export function compact(n: number): string {
  return Math.abs(n) < 10_000 ? numbers.format(n) : compactNumbers.format(n);
}

/** `4.2 %`; `–` for null. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return '–';
  const value = share * 100;
  return `${value === 0 || value >= 10 ? value.toFixed(0) : value < 0.1 ? '< 0.1' : value.toFixed(1)} %`;
}
