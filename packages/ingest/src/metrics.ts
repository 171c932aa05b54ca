/** Counters of ingest since the start, as plain numbers, which the metrics endpoint reads. All labels are constants of this program. */
import type { Refusal } from './checks/check.ts';

export interface IngestMetrics {
  /** By format and outcome: event, ignored, dead_letter. */
  readonly elements: ReadonlyMap<string, { readonly format: string; readonly outcome: string; count: number }>;
  readonly refused: ReadonlyMap<Refusal, number>;
  /** By reason. */
  readonly deadLetters: ReadonlyMap<string, number>;
  /** Records of provider topics that retention deleted before they were read. */
  lost: number;
  element(format: string, outcome: 'event' | 'ignored' | 'dead_letter', count: number): void;
  refuse(refusal: Refusal): void;
  deadLetter(reason: string): void;
}

export function createIngestMetrics(): IngestMetrics {
  const elements = new Map<string, { readonly format: string; readonly outcome: string; count: number }>();
  const refused = new Map<Refusal, number>();
  const deadLetters = new Map<string, number>();
  return {
    elements,
    refused,
    deadLetters,
    lost: 0,
    element(format, outcome, count) {
      if (count === 0) return;
      const known = elements.get(`${format} ${outcome}`);
      if (known !== undefined) known.count += count;
      else elements.set(`${format} ${outcome}`, { format, outcome, count });
    },
    deadLetter: (reason) => void deadLetters.set(reason, (deadLetters.get(reason) ?? 0) + 1),
    refuse: (refusal) => void refused.set(refusal, (refused.get(refusal) ?? 0) + 1),
  };
}
