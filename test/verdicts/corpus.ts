/** Labelled replies: those in this project, and the whole development set if it is available. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SMTP_PHASES } from '@desist/verdicts';
import type { Reply } from '@desist/verdicts';
import type { SmtpPhase } from '@desist/verdicts';

/** Whose problem it is, in the four words of the corpus. */
export type Blame = 'recipient' | 'sender' | 'message' | 'system';

export interface Labelled {
  readonly reply: Reply;
  readonly category: string;
  readonly attribution: Blame;
  /** In the seven words of the design. */
  readonly design: string;
  readonly accept: readonly Blame[];
  readonly ambiguous: boolean;
  /** Repository or host that the reply was taken from. */
  readonly source: string;
  /** Who wrote it, as far as the corpus knows; else undefined. */
  readonly provider: string | undefined;
}

const DEVELOPMENT_SET = 'smtp-replies.dev.ndjson';

/** The development set: in `DESIST_CORPUS`, otherwise beside the repository; undefined when it is in neither place. */
export function developmentSet(): readonly Labelled[] | undefined {
  const folder = process.env['DESIST_CORPUS'] ?? fileURLToPath(new URL('../../../shared/corpus', import.meta.url));
  const beside = process.env['DESIST_CORPUS'] ?? fileURLToPath(new URL('../../../../shared/corpus', import.meta.url));
  const found = [folder, beside].map((one) => `${one}/${DEVELOPMENT_SET}`).find((file) => existsSync(file));
  return found === undefined ? undefined : readLabelled(readFileSync(found, 'utf8'));
}

/** The replies whose licence allows them in this project. */
export function shippedSet(): readonly Labelled[] {
  return readLabelled(readFileSync(new URL('../../services/cli/data/replies.ndjson', import.meta.url), 'utf8'));
}

/** Public replies of sources that no rule was written from, and the commonest meanings in fourteen languages: test/golden. */
export const FRESH_SETS = ['holdout.tsv', 'holdout-2.tsv', 'languages.tsv'] as const;

export interface Fresh extends Labelled {
  /** Two letters; of a reply of the languages. */
  readonly language: string | undefined;
}

/** The first label is the attribution; a reply with several is ambiguous. */
export function freshSet(file: (typeof FRESH_SETS)[number]): readonly Fresh[] {
  return readFileSync(new URL(`../golden/${file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [first = '', second = '', text = ''] = line.split('\t');
      const accept = (file === 'languages.tsv' ? second : first).split(',') as Blame[];
      const attribution = accept[0] ?? 'system';
      const language = file === 'languages.tsv' ? first : undefined;
      const source = language === undefined ? second : '';
      return {
        ...{ reply: { text }, category: attribution, attribution, design: attribution, accept, ambiguous: accept.length > 1 },
        ...{ source, provider: undefined, language },
      };
    });
}

function readLabelled(ndjson: string): readonly Labelled[] {
  return ndjson
    .trim()
    .split('\n')
    .map((line) => labelledOf(JSON.parse(line) as Record<string, unknown>));
}

function labelledOf(row: Record<string, unknown>): Labelled {
  const text = row['reply'] as string;
  const code = row['code'] as string | null;
  const enhanced = row['enhanced'] as string | null;
  const phase = phaseOf(row['phase'] as string | null);
  return {
    reply: {
      text,
      ...(code === null ? {} : { code: Number(code) }),
      ...(enhanced === null ? {} : { enhanced }),
      ...(phase === undefined ? {} : { phase }),
    },
    category: row['our_category'] as string,
    attribution: row['attribution'] as Blame,
    design: row['attribution_design'] as string,
    accept: row['accept_attribution'] as readonly Blame[],
    ambiguous: row['ambiguous'] as boolean,
    source: sourceOf(row['source'] as string),
    provider: (row['mx_or_provider'] as string | null | undefined) ?? undefined,
  };
}

/** `RCPT TO` as `rcpt`. */
function phaseOf(command: string | null): SmtpPhase | undefined {
  return SMTP_PHASES.find((phase) => phase === command?.toLowerCase().split(' ')[0]);
}

function sourceOf(source: string): string {
  return /^web page: (\S+)/.exec(source)?.[1] ?? source.split(/[: ]/)[0] ?? source;
}
