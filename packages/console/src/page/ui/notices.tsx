/** Short messages about what was just done. */
import { signal } from '@preact/signals';
import type { JSX } from 'preact';

interface Notice {
  readonly id: number;
  readonly text: string;
}
const notices = signal<readonly Notice[]>([]);
let last = 0;
/** ms */
const SHOWN = 8_000;

export function notify(text: string): void {
  const id = (last += 1);
  notices.value = [...notices.value.slice(-2), { id, text }];
  setTimeout(() => dismiss(id), SHOWN);
}

function dismiss(id: number): void {
  notices.value = notices.value.filter((one) => one.id !== id);
}

export function Notices(): JSX.Element {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, text }) => (
        <div class="notice" key={id}>
          <span class="grow">{text}</span>
          <button type="button" onClick={() => dismiss(id)}>
            Close
          </button>
        </div>
      ))}
    </div>
  );
}
