/** Incidents as the service returns them, totals of previews, and both as text. */
import { summedCodes } from '@desist/pipeline';
import type { CodeCount, IncidentProgress, Preview } from '@desist/pipeline';
import type { Address } from '@desist/domain';
import type { Client } from './client.ts';
import { queryOf } from './client.ts';
import type { ExplainedSenderReply, SenderCountsJson } from '@desist/contracts';
import { senderCountsText, senderReplyLines } from './sender-incidents.ts';
import { paint, percent } from './terminal.ts';

export interface Incident {
  readonly id: string;
  /** A service of before sender incidents does not say it. */
  readonly kind?: 'provider' | 'sender';
  readonly origin: 'detected' | 'operator';
  readonly state: 'open' | 'held_back' | 'not_held_back' | 'over';
  /** 0: no decision has been made about it. */
  readonly revision: number;
  readonly action: string;
  readonly holds: boolean;
  readonly tenant: string | null;
  readonly provider: string | null;
  readonly domain: string | null;
  readonly code: string | null;
  readonly text: string | null;
  readonly from: string;
  readonly until: string | null;
  readonly counts: { readonly failing: number; readonly delivered: number; readonly usualShare: number | null } | null;
  readonly codes: readonly CodeCount[];
  readonly samples: readonly string[];
  readonly by: string | null;
  readonly note: string | null;
  /** Of kind sender. */
  readonly sender?: (SenderCountsJson & { readonly pool: string | null; readonly replies: readonly ExplainedSenderReply[] }) | null;
  readonly decidedAt: string;
  readonly createdAt: string;
}

/** Progress of the latest revision. `told`: every partition of the log has received it. */
export type Progress = IncidentProgress & { readonly told: boolean };

export type Followed = Incident & { readonly progress: Progress };

const SHOWN_CODES = 10;
const SHOWN_SAMPLES = 5;
const SHOWN_ADDRESSES = 10;

export const pathOf = (id: string): string => `/v1/incidents/${encodeURIComponent(id)}`;

export async function follow(client: Client, id: string): Promise<Followed> {
  return (await client.get(pathOf(id))) as Followed;
}

export function isDone({ revision, progress: { told, partitions, done } }: Followed): boolean {
  return revision === 0 || (told && done >= partitions);
}

// ------------------------------------------------------------------------------------------------ previews

/** The totals of all pages. `report` is called after each page but the last. */
export async function previewOf(client: Client, id: string, report: (text: string) => void): Promise<Preview> {
  const counts = { recipients: 0, failures: 0, heldBack: 0, suppressed: 0, released: 0, suppressedAgain: 0 };
  const codes: CodeCount[] = [];
  const samples = new Set<string>();
  const addresses: Address[] = [];
  let cursor: string | null = null;
  do {
    const page = (await client.get(`${pathOf(id)}/preview${queryOf({ cursor: cursor ?? undefined })}`)) as Preview & {
      readonly cursor: string | null;
    };
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += page[name];
    codes.push(...page.codes);
    for (const sample of page.samples) if (samples.size < SHOWN_SAMPLES) samples.add(sample);
    addresses.push(...page.addresses.slice(0, SHOWN_ADDRESSES - addresses.length));
    cursor = page.cursor;
    if (cursor !== null) report(`searching: ${counts.failures} failures of ${counted(counts.recipients, 'recipient')} found so far`);
  } while (cursor !== null);
  return { ...counts, codes: summedCodes(codes), samples: [...samples], addresses };
}

/** `holds`: its failures are held back now, so the preview shows the effect of restoring it. */
export function previewLines(preview: Preview, holds: boolean): readonly string[] {
  const { recipients, failures, heldBack, suppressed, released, suppressedAgain, codes, samples, addresses } = preview;
  if (recipients === 0) return ['  it contains no failure that is kept'];
  const alters = holds
    ? `restoring it would suppress ${counted(suppressedAgain, 'recipient')} again`
    : `voiding it would end suppressions of ${counted(released, 'recipient')}`;
  return [
    `  ${counted(failures, 'failure')} of ${counted(recipients, 'recipient')} ${areOf(failures)} inside; ${heldBack} of them ${areOf(heldBack)} held back now`,
    `  ${suppressed} of these recipients ${areOf(suppressed)} suppressed now; ${alters}`,
    ...evidenceLines(codes, samples),
    `  for example ${addresses.join(', ')}`,
  ];
}

function evidenceLines(codes: readonly CodeCount[], samples: readonly string[]): readonly string[] {
  const more = codes.length - SHOWN_CODES;
  const listed = codes.slice(0, SHOWN_CODES).map(({ code, count }) => `${code} (${count})`);
  const line = `  replies: ${[...listed, ...(more > 0 ? [`${more} other codes`] : [])].join(', ')}`;
  return [...(codes.length === 0 ? [] : [line]), ...samples.map((sample) => `    ${sample}`)];
}

// ------------------------------------------------------------------------------------------- for people

export function incidentLines(incident: Incident): readonly string[] {
  const { id, note, counts, codes, samples, sender = null } = incident;
  const lines = [
    `incident ${paint('bold', id)}: ${stateOf(incident)}`,
    `  ${termsOf(incident)}, ${spanOf(incident)}`,
    `  ${decidedBy(incident)}`,
  ];
  if (note !== null) lines.push(`  note: ${note}`);
  if (sender !== null) {
    lines.push(`  ${senderCountsText(sender)}`, ...senderReplyLines(sender.replies, '  '));
    lines.push('  it holds nothing back: such replies never count');
  }
  if (counts !== null) lines.push(`  ${countsOf(counts)}`, ...evidenceLines(codes, samples));
  return lines;
}

export function stateOf({ state, kind }: Incident): string {
  if (kind === 'sender') return state === 'open' ? paint('yellow', 'open') : 'over';
  return state === 'open' ? paint('red', 'open, held back') : state === 'held_back' ? paint('yellow', 'held back') : 'not held back';
}

function decidedBy({ origin, revision, action, by, decidedAt, createdAt }: Incident): string {
  const who = by === null ? '' : ` by ${by}`;
  if (revision === 0) return `created${who} at ${createdAt}`;
  const began = origin === 'detected' ? 'detected automatically' : 'created by an operator';
  return `${began} at ${createdAt}; last ${action}${who} at ${decidedAt}`;
}

/** The terms except the window. */
export function termsOf({ tenant, provider, domain, code, text, sender }: Incident): string {
  const pool = sender?.pool ?? null;
  const parts = [
    provider === null ? [] : [`provider ${provider}`],
    domain === null ? [] : [`domain ${domain}`],
    code === null ? [] : [`code ${code}`],
    text === null ? [] : [`text "${text}"`],
    tenant === null ? [] : [`tenant ${tenant}`],
    pool === null ? [] : [`pool ${pool}`],
  ];
  return parts.flat().join(', ');
}

function spanOf({ from, until }: Incident): string {
  return until === null ? `from ${from} on` : `from ${from} until ${until}`;
}

function countsOf({ failing, delivered, usualShare }: NonNullable<Incident['counts']>): string {
  const share = failing + delivered === 0 ? 0 : failing / (failing + delivered);
  const usual = usualShare === null ? '' : `; usually ${percent(usualShare)}`;
  return `${counted(failing, 'recipient')} began to fail, ${counted(delivered, 'delivery', 'deliveries')}: ${percent(share)}${usual}`;
}

export function progressLine({ told, partitions, done, looked, changed }: Progress): string {
  if (!told) return 'the decision is on its way to the partitions';
  return `${done} of ${partitions} partitions done, ${counted(looked, 'recipient')} looked at, ${changed} changed`;
}

const areOf = (count: number): string => (count === 1 ? 'is' : 'are');

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
