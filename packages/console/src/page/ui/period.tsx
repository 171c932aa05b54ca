/** The span of time that a view shows; it stands in the address. */
import type { JSX } from 'preact';
import { adjust, query } from '../router.ts';
import { HOUR } from '../model/time.ts';

export interface Period {
  readonly name: string;
  readonly label: string;
  /** ms */
  readonly length: number;
  readonly step: '15m' | '1h' | '1d';
  /** Steps that make one bar. */
  readonly merged: number;
}

const PERIODS: readonly [Period, ...Period[]] = [
  { name: '14d', label: '14 days', length: 14 * 24 * HOUR, step: '1h', merged: 6 },
  { name: '7d', label: '7 days', length: 7 * 24 * HOUR, step: '1h', merged: 3 },
  { name: '24h', label: '24 hours', length: 24 * HOUR, step: '15m', merged: 2 },
];

export function periodInView(): Period {
  return PERIODS.find(({ name }) => name === query.value.get('period')) ?? PERIODS[0];
}

/** The end is a whole step, so that a view that is loaded again asks for the same until there is something new. */
export function boundsOf({ length, step }: Pick<Period, 'length' | 'step'>, back = 1): { readonly from: string; readonly to: string } {
  const unit = step === '15m' ? HOUR / 4 : step === '1h' ? HOUR : 24 * HOUR;
  const end = Math.ceil(Date.now() / unit) * unit;
  return { from: new Date(end - back * length).toISOString(), to: new Date(end).toISOString() };
}

export function PeriodPicker(): JSX.Element {
  const { name: chosen } = periodInView();
  return (
    <div class="chips" role="group" aria-label="Period">
      {PERIODS.map(({ name, label }) => (
        <button key={name} class="filter" type="button" aria-pressed={name === chosen} onClick={() => adjust({ period: name }, false)}>
          {label}
        </button>
      ))}
    </div>
  );
}
