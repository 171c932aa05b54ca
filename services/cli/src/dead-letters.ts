/** A dead letter as the service says it, and as people read it. */
import type { Operands } from './command.ts';
import { minute } from './print-page.ts';

export const LETTER_ID: Operands = { name: 'ID', summary: 'as `desist dead-letters list` says it: 0-812', least: 1, most: 1 };

export interface DeadLetter {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
  readonly recordedAt: string;
  readonly tenant: string | null;
  readonly key: string | null;
  readonly size: number;
  readonly truncated: boolean;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number } | null;
}

export const LETTER_HEADLINE = ['ID', 'RECORDED', 'REASON', 'KEY', 'BYTES', 'READ AT', 'DETAIL'];

export function letterCells({ id, reason, detail, recordedAt, key, size, truncated, origin }: DeadLetter): readonly string[] {
  const place = origin === null ? 'a source' : `${origin.topic} ${origin.partition}/${origin.offset}`;
  return [id, minute(recordedAt), reason, key ?? '', `${size}${truncated ? ' (cut)' : ''}`, place, detail];
}
